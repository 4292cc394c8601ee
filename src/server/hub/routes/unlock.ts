import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { IdentityService } from '../../../identity/identity-service.js'
import { NothingToSay } from '../../../wire/upkeep.js'
import { problems } from '../../http/problems.js'
import { BODY_ERRORS, CLOSES, DeviceQuery, holderOf } from './own.js'

const schema = {
  operationId: 'unlockAccount',
  tags: ['Account'],
  summary: 'Lift locks of the account',
  description:
    'Whoever holds the key lifts what others may have brought upon the account: locks and delays after wrong passwords, and a deletion that was asked for by password.',
  querystring: DeviceQuery,
  body: NothingToSay,
  response: {
    204: z.undefined().meta({ description: 'They are lifted.' }),
    ...problems(...BODY_ERRORS),
  },
}

export const unlockRoute: FastifyPluginAsyncZod<{ readonly identities: IdentityService }> = async (
  app,
  { identities },
) => {
  app.post('/unlock', { schema, config: CLOSES }, async (request, reply) => {
    await identities.unlock(holderOf(request))
    return reply.code(204).send()
  })
}
