import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { IdentityService } from '../../../identity/identity-service.js'
import { FetchMyRequest, OwnIdentity } from '../../../wire/identity.js'
import { negotiate } from '../../http/accept.js'
import { problems } from '../../http/problems.js'
import { BODY_MEDIA_TYPES, JSON_MEDIA_TYPE, NoQuery, PEM_MEDIA_TYPE, PemFile } from '../media-types.js'
import { CLOSES_ON_WRONG_PASSWORD, PASSWORD_ERRORS } from './password-errors.js'

const schema = {
  operationId: 'fetchMyIdentity',
  tags: ['Identity'],
  summary: 'Fetch your own certificate and locked private key',
  description:
    'An unknown user and a wrong password are answered alike, and the connection closes. Failures count: five in 15 minutes lock the account for the address they came from.',
  consumes: BODY_MEDIA_TYPES,
  querystring: NoQuery,
  body: FetchMyRequest,
  response: {
    200: {
      description: 'The identity and the locked key; with `Accept: application/x-pem-file` certificate and key alone.',
      content: { [JSON_MEDIA_TYPE]: { schema: OwnIdentity }, [PEM_MEDIA_TYPE]: { schema: PemFile } },
    },
    ...problems('no_private_key', ...PASSWORD_ERRORS),
  },
}

export const fetchMyRoute: FastifyPluginAsyncZod<{ readonly identities: IdentityService }> = async (
  app,
  { identities },
) => {
  app.post('/fetch-my', { schema, config: CLOSES_ON_WRONG_PASSWORD }, async (request, reply) => {
    const identity = await identities.fetchMy(request.body, request.ip)
    reply.header('cache-control', 'no-store').header('vary', 'Accept')
    if (negotiate(request.headers.accept, [JSON_MEDIA_TYPE, PEM_MEDIA_TYPE]) === JSON_MEDIA_TYPE) return identity
    return reply.type(PEM_MEDIA_TYPE).send(identity.certificate + identity.encryptedPrivateKey)
  })
}
