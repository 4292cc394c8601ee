import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { IdentityService } from '../../identity/identity-service.js'
import { problems } from '../http/problems.js'
import { BODY_ERRORS, CLOSES, DeviceQuery, holderOf } from '../hub/routes/own.js'
import { EST_PATH } from './ca-routes.js'
import { acceptPkcs10, csrOf, PKCS10_MEDIA_TYPE, Pkcs10 } from './pkcs10-body.js'
import { certsOnlyResponse, sendCertificates } from './responses.js'

const schema = {
  operationId: 'estSimpleReenroll',
  tags: ['EST'],
  summary: 'EST: renew the certificate',
  description: 'RFC 7030 4.2.2: as POST /renew, for the client certificate of the connection.',
  consumes: [PKCS10_MEDIA_TYPE],
  querystring: DeviceQuery,
  body: Pkcs10,
  response: {
    200: certsOnlyResponse('The certificate, certs-only.'),
    ...problems('csr_rejected', ...BODY_ERRORS),
  },
}

/** simplereenroll [RFC 7030 4.2.2] of the hub. */
export const simpleReenrollRoute: FastifyPluginAsyncZod<{ readonly identities: IdentityService }> = async (
  app,
  { identities },
) => {
  acceptPkcs10(app)
  const config = { ...CLOSES, admitsExpired: true }
  app.post(`${EST_PATH}/simplereenroll`, { schema, config }, async (request, reply) => {
    const { certificate } = await identities.renew({ csr: csrOf(request.body) }, holderOf(request))
    return sendCertificates(reply, certificate)
  })
}
