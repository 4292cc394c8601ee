import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { Administration } from '../../../identity/admin/administration.js'
import { AuditList, OwnAuditQuery } from '../../../wire/administration.js'
import { problems } from '../../http/problems.js'
import { withNumbers } from '../../http/query-numbers.js'
import { HUB_ERRORS } from '../rest-routes.js'
import { CLOSES, DeviceQuery, holderOf } from './own.js'

const schema = {
  operationId: 'listOwnAudit',
  tags: ['Account'],
  summary: 'Read what was done with the account',
  description:
    'Each certificate, revocation, change of the password and wrong password, and each time that the locked private key was given out; oldest first, a page at a time.',
  querystring: OwnAuditQuery.extend(DeviceQuery.shape),
  response: { 200: AuditList, ...problems(...HUB_ERRORS) },
}

export const ownAuditRoute: FastifyPluginAsyncZod<{ readonly administration: Administration }> = async (
  app,
  { administration },
) => {
  app.get('/me/audit', { schema, config: CLOSES, validatorCompiler: withNumbers }, (request) =>
    administration.listOwnAudit(holderOf(request).username, request.query),
  )
}
