import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { IdentityService } from '../../../identity/identity-service.js'
import { ChangePasswordRequest } from '../../../wire/upkeep.js'
import { problems } from '../../http/problems.js'
import { BODY_MEDIA_TYPES, NoQuery } from '../media-types.js'
import { CLOSES_ON_WRONG_PASSWORD, PASSWORD_ERRORS } from './password-errors.js'

const schema = {
  operationId: 'changePassword',
  tags: ['Account'],
  summary: 'Change the password',
  description: 'A locked private key may come with it, for whoever locks the key anew. Calls a scheduled deletion off.',
  consumes: BODY_MEDIA_TYPES,
  querystring: NoQuery,
  body: ChangePasswordRequest,
  response: {
    204: z.undefined().meta({ description: 'The password is changed.' }),
    ...problems('private_key_rejected', 'certificate_mismatch', ...PASSWORD_ERRORS),
  },
}

export const changePasswordRoute: FastifyPluginAsyncZod<{ readonly identities: IdentityService }> = async (
  app,
  { identities },
) => {
  app.post('/change-password', { schema, config: CLOSES_ON_WRONG_PASSWORD }, async (request, reply) => {
    await identities.changePassword(request.body, request.ip)
    return reply.code(204).send()
  })
}
