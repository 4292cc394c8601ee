import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { IdentityService } from '../../identity/identity-service.js'
import { problems } from '../http/problems.js'
import { NoQuery } from '../identity/media-types.js'
import { EST_PATH } from './ca-routes.js'
import { basicCredentials, CHALLENGE_HEADER } from './credentials.js'
import { acceptPkcs10, csrOf, PKCS10_MEDIA_TYPE, Pkcs10 } from './pkcs10-body.js'
import { certsOnlyResponse, sendCertificates } from './responses.js'

const schema = {
  operationId: 'estSimpleEnroll',
  tags: ['EST'],
  summary: 'EST: register or recover',
  description:
    'RFC 7030 4.2, with HTTP Basic. A name that nobody has is registered. Whoever knows the password of one that is taken gets its certificate again if the request has its key, and with another key recovers the account, as POST /recover does. No private key is kept.',
  consumes: [PKCS10_MEDIA_TYPE],
  security: [{ basic: [] }],
  querystring: NoQuery,
  body: Pkcs10,
  response: {
    200: certsOnlyResponse('The certificate, certs-only.'),
    ...problems(
      'method_not_allowed',
      'invalid_credentials',
      'account_locked',
      'account_disabled',
      'username_taken',
      'too_large',
      'unsupported_media_type',
      'csr_rejected',
      'rate_limited',
      'busy',
      'unavailable',
    ),
  },
}

/** simpleenroll [RFC 7030 4.2.1] of the identity listener. */
export const simpleEnrollRoute: FastifyPluginAsyncZod<{ readonly identities: IdentityService }> = async (
  app,
  { identities },
) => {
  acceptPkcs10(app)
  app.addHook('onSend', async (_request, reply) => {
    if (reply.statusCode === 401) reply.header(...CHALLENGE_HEADER)
  })
  const config = { closeOn: ['username_taken', 'invalid_credentials', 'account_locked', 'account_disabled'] as const }
  app.post(`${EST_PATH}/simpleenroll`, { schema, config }, async (request, reply) => {
    const credentials = basicCredentials(request)
    const { certificate } = await identities.enroll({ ...credentials, csr: csrOf(request.body) }, request.ip)
    return sendCertificates(reply, certificate)
  })
}
