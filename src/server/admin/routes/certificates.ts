import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import {
  CertificateList,
  CertificateName,
  CertificatesQuery,
  IssuedCertificateDetails,
} from '../../../wire/administration.js'
import { problems } from '../../http/problems.js'
import { withNumbers } from '../../http/query-numbers.js'
import { DeviceQuery } from '../../hub/routes/own.js'
import { ADMINISTRATION_ERRORS, type AdministrationRouteOptions, CLOSES, query, TAGS } from './common.js'

const list = {
  operationId: 'listCertificates',
  tags: TAGS,
  summary: 'List certificates',
  description: 'Those of users by the end of their validity, a page at a time.',
  querystring: query(CertificatesQuery),
  response: { 200: CertificateList, ...problems('user_not_found', ...ADMINISTRATION_ERRORS) },
}

const show = {
  operationId: 'showCertificate',
  tags: TAGS,
  summary: 'Show a certificate',
  description: 'By its serial number or fingerprint.',
  params: z.strictObject({ certificate: CertificateName }),
  querystring: DeviceQuery,
  response: { 200: IssuedCertificateDetails, ...problems('not_found', ...ADMINISTRATION_ERRORS) },
}

export const certificateRoutes: FastifyPluginAsyncZod<AdministrationRouteOptions> = async (app, { administration }) => {
  app.get('/certificates', { schema: list, config: CLOSES, validatorCompiler: withNumbers }, (request) =>
    administration.listCertificates(request.query),
  )
  app.get('/certificates/:certificate', { schema: show, config: CLOSES }, (request) =>
    administration.showCertificate(request.params.certificate),
  )
}
