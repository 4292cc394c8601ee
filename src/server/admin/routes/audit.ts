import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { AuditList, AuditQuery, AuditVerification, AuditVerificationQuery } from '../../../wire/administration.js'
import { problems } from '../../http/problems.js'
import { withNumbers } from '../../http/query-numbers.js'
import { ADMINISTRATION_ERRORS, type AdministrationRouteOptions, CLOSES, query, TAGS } from './common.js'

const list = {
  operationId: 'listAudit',
  tags: TAGS,
  summary: 'Read the audit log',
  description: 'All of it, or what is about one user; oldest first, a page at a time.',
  querystring: query(AuditQuery),
  response: { 200: AuditList, ...problems('user_not_found', ...ADMINISTRATION_ERRORS) },
}

const verification = {
  operationId: 'verifyAudit',
  tags: TAGS,
  summary: 'Verify the audit log',
  description: 'Follows the hashes from the first row on, and names the first that is not as it was written.',
  querystring: query(AuditVerificationQuery),
  response: { 200: AuditVerification, ...problems(...ADMINISTRATION_ERRORS) },
}

export const auditRoutes: FastifyPluginAsyncZod<AdministrationRouteOptions> = async (app, { administration }) => {
  app.get('/audit', { schema: list, config: CLOSES, validatorCompiler: withNumbers }, (request) =>
    administration.listAudit(request.query),
  )
  app.get('/audit/verification', { schema: verification, config: CLOSES }, (request) =>
    administration.verifyAudit(request.query),
  )
}
