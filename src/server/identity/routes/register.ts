import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { IdentityService } from '../../../identity/identity-service.js'
import { Identity, RegisterRequest } from '../../../wire/identity.js'
import { negotiate } from '../../http/accept.js'
import { problems } from '../../http/problems.js'
import { BODY_MEDIA_TYPES, JSON_MEDIA_TYPE, NoQuery, PEM_MEDIA_TYPE, PemFile } from '../media-types.js'

const schema = {
  operationId: 'register',
  tags: ['Identity'],
  summary: 'Register a username and get its certificate',
  description:
    'Of two concurrent registrations of one name exactly one succeeds. The connection closes when the username is taken.',
  consumes: BODY_MEDIA_TYPES,
  querystring: NoQuery,
  body: RegisterRequest,
  response: {
    201: {
      description: 'The identity; with `Accept: application/x-pem-file` its certificate alone.',
      headers: { Location: { type: 'string', description: 'Where the identity can be fetched.' } },
      content: { [JSON_MEDIA_TYPE]: { schema: Identity }, [PEM_MEDIA_TYPE]: { schema: PemFile } },
    },
    ...problems(
      'method_not_allowed',
      'username_taken',
      'too_large',
      'unsupported_media_type',
      'csr_rejected',
      'private_key_rejected',
      'rate_limited',
      'busy',
      'unavailable',
    ),
  },
}

export const registerRoute: FastifyPluginAsyncZod<{ readonly identities: IdentityService }> = async (
  app,
  { identities },
) => {
  app.post('/register', { schema, config: { closeOn: ['username_taken'] } }, async (request, reply) => {
    const identity = await identities.register(request.body, request.ip)
    reply.code(201).header('location', `/fetch/${identity.username}`).header('vary', 'Accept')
    if (negotiate(request.headers.accept, [JSON_MEDIA_TYPE, PEM_MEDIA_TYPE]) === JSON_MEDIA_TYPE) return identity
    return reply.type(PEM_MEDIA_TYPE).send(identity.certificate)
  })
}
