import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { IdentityService } from '../../../identity/identity-service.js'
import { RevokeOwnRequest } from '../../../wire/upkeep.js'
import { problems } from '../../http/problems.js'
import { BODY_ERRORS, CLOSES, DeviceQuery, holderOf } from './own.js'

const schema = {
  operationId: 'revokeCertificate',
  tags: ['Account'],
  summary: 'Revoke a certificate',
  description:
    'On the hub the client certificate proves it, and without `serialNumber` it is the one that is meant. An older certificate cannot revoke the newest.',
  querystring: DeviceQuery,
  body: RevokeOwnRequest,
  response: {
    204: z.undefined().meta({ description: 'It is revoked.' }),
    ...problems('forbidden', 'not_found', ...BODY_ERRORS),
  },
}

export const revokeOwnRoute: FastifyPluginAsyncZod<{ readonly identities: IdentityService }> = async (
  app,
  { identities },
) => {
  app.post('/revoke', { schema, config: CLOSES }, async (request, reply) => {
    await identities.revokeOwn(request.body, holderOf(request))
    return reply.code(204).send()
  })
}
