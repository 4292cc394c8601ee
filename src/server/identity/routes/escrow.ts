import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { IdentityService } from '../../../identity/identity-service.js'
import { EscrowRequest } from '../../../wire/upkeep.js'
import { problems } from '../../http/problems.js'
import { BODY_MEDIA_TYPES, NoQuery } from '../media-types.js'
import { CLOSES_ON_WRONG_PASSWORD, PASSWORD_ERRORS } from './password-errors.js'

const schema = {
  operationId: 'replaceEscrow',
  tags: ['Account'],
  summary: 'Keep another locked private key',
  description: 'The key of the newest certificate, in the place of what was kept before.',
  consumes: BODY_MEDIA_TYPES,
  querystring: NoQuery,
  body: EscrowRequest,
  response: {
    204: z.undefined().meta({ description: 'The locked key is kept.' }),
    ...problems('private_key_rejected', 'certificate_mismatch', ...PASSWORD_ERRORS),
  },
}

export const escrowRoute: FastifyPluginAsyncZod<{ readonly identities: IdentityService }> = async (
  app,
  { identities },
) => {
  app.post('/escrow', { schema, config: CLOSES_ON_WRONG_PASSWORD }, async (request, reply) => {
    await identities.replaceEscrow(request.body, request.ip)
    return reply.code(204).send()
  })
}
