import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { IdentityService } from '../../../identity/identity-service.js'
import { Identity } from '../../../wire/identity.js'
import { RecoverRequest } from '../../../wire/upkeep.js'
import { negotiate } from '../../http/accept.js'
import { problems } from '../../http/problems.js'
import { BODY_MEDIA_TYPES, JSON_MEDIA_TYPE, NoQuery, PEM_MEDIA_TYPE, PemFile } from '../media-types.js'
import { CLOSES_ON_WRONG_PASSWORD, PASSWORD_ERRORS } from './password-errors.js'

const schema = {
  operationId: 'recover',
  tags: ['Account'],
  summary: 'Get a new certificate by password',
  description:
    'When key or certificate is lost. All certificates before it are revoked, every membership ends, and an administrator loses the role.',
  consumes: BODY_MEDIA_TYPES,
  querystring: NoQuery,
  body: RecoverRequest,
  response: {
    201: {
      description: 'The identity; with `Accept: application/x-pem-file` its certificate alone.',
      headers: { Location: { type: 'string', description: 'Where the identity can be fetched.' } },
      content: { [JSON_MEDIA_TYPE]: { schema: Identity }, [PEM_MEDIA_TYPE]: { schema: PemFile } },
    },
    ...problems('csr_rejected', 'private_key_rejected', ...PASSWORD_ERRORS),
  },
}

export const recoverRoute: FastifyPluginAsyncZod<{ readonly identities: IdentityService }> = async (
  app,
  { identities },
) => {
  app.post('/recover', { schema, config: CLOSES_ON_WRONG_PASSWORD }, async (request, reply) => {
    const identity = await identities.recover(request.body, request.ip)
    reply.code(201).header('location', `/fetch/${identity.username}`).header('vary', 'Accept')
    if (negotiate(request.headers.accept, [JSON_MEDIA_TYPE, PEM_MEDIA_TYPE]) === JSON_MEDIA_TYPE) return identity
    return reply.type(PEM_MEDIA_TYPE).send(identity.certificate)
  })
}
