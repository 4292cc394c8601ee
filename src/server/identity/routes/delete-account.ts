import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { IdentityService } from '../../../identity/identity-service.js'
import { DeleteAccountRequest, Deletion } from '../../../wire/upkeep.js'
import { problems } from '../../http/problems.js'
import { BODY_MEDIA_TYPES, JSON_MEDIA_TYPE, NoQuery } from '../media-types.js'
import { CLOSES_ON_WRONG_PASSWORD, PASSWORD_ERRORS } from './password-errors.js'

const schema = {
  operationId: 'deleteAccount',
  tags: ['Account'],
  summary: 'Delete the account',
  description:
    'By password in seven days (HERMES_DELETION_DAYS): until then a recovery, a new password, or `unlock` on the hub calls it off. The name is never given out again.',
  consumes: BODY_MEDIA_TYPES,
  querystring: NoQuery,
  body: DeleteAccountRequest,
  response: {
    202: { description: 'It will be deleted.', content: { [JSON_MEDIA_TYPE]: { schema: Deletion } } },
    ...problems(...PASSWORD_ERRORS),
  },
}

export const deleteAccountRoute: FastifyPluginAsyncZod<{ readonly identities: IdentityService }> = async (
  app,
  { identities },
) => {
  app.post('/delete-account', { schema, config: CLOSES_ON_WRONG_PASSWORD }, async (request, reply) => {
    return reply.code(202).send(await identities.scheduleDeletion(request.body, request.ip))
  })
}
