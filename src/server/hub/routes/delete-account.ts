import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { IdentityService } from '../../../identity/identity-service.js'
import { Deletion, NothingToSay } from '../../../wire/upkeep.js'
import { problems } from '../../http/problems.js'
import { BODY_ERRORS, CLOSES, DeviceQuery, holderOf } from './own.js'

const schema = {
  operationId: 'deleteAccount',
  tags: ['Account'],
  summary: 'Delete the account',
  description: 'On the hub at once, for the newest certificate alone.',
  querystring: DeviceQuery,
  body: NothingToSay,
  response: {
    202: { description: 'It is deleted.', content: { 'application/json': { schema: Deletion } } },
    ...problems('forbidden', ...BODY_ERRORS),
  },
}

export const deleteOwnAccountRoute: FastifyPluginAsyncZod<{ readonly identities: IdentityService }> = async (
  app,
  { identities },
) => {
  app.post('/delete-account', { schema, config: CLOSES }, async (request, reply) => {
    return reply.code(202).send(await identities.deleteAccount(holderOf(request)))
  })
}
