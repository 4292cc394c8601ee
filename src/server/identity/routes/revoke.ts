import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { IdentityService } from '../../../identity/identity-service.js'
import { RevokeRequest } from '../../../wire/upkeep.js'
import { problems } from '../../http/problems.js'
import { BODY_MEDIA_TYPES, NoQuery } from '../media-types.js'
import { CLOSES_ON_WRONG_PASSWORD, PASSWORD_ERRORS } from './password-errors.js'

const schema = {
  operationId: 'revokeCertificate',
  tags: ['Account'],
  summary: 'Revoke a certificate',
  description:
    'One of your own. On the identity listener the password proves it, and without `serialNumber` the newest is meant.',
  consumes: BODY_MEDIA_TYPES,
  querystring: NoQuery,
  body: RevokeRequest,
  response: {
    204: z.undefined().meta({ description: 'It is revoked.' }),
    ...problems('not_found', ...PASSWORD_ERRORS),
  },
}

export const revokeRoute: FastifyPluginAsyncZod<{ readonly identities: IdentityService }> = async (
  app,
  { identities },
) => {
  app.post('/revoke', { schema, config: CLOSES_ON_WRONG_PASSWORD }, async (request, reply) => {
    await identities.revoke(request.body, request.ip)
    return reply.code(204).send()
  })
}
