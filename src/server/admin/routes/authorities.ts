import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { IssuerName as Name } from '../../../store/revocation-store.js'
import { AuthorityList, IssuerName, RevokedServer, ServerRevocationRequest } from '../../../wire/authorities.js'
import { NothingToSay } from '../../../wire/upkeep.js'
import type { AuthorityActs } from '../../custody.js'

/** What is done with the CAs. Never on the hub: it takes the folder that has their keys. */
export const authorityRoutes: FastifyPluginAsyncZod<{ readonly authorities: AuthorityActs }> = async (
  app,
  { authorities },
) => {
  const list = { body: NothingToSay, response: { 200: AuthorityList } }
  app.post('/authorities/refresh', { schema: list }, () => authorities.refresh())
  const retire = { ...list, params: z.strictObject({ name: IssuerName }) }
  app.post('/authorities/:name/retire', { schema: retire }, (request) =>
    authorities.retire(request.params.name as Name),
  )
  const revoke = { body: ServerRevocationRequest, response: { 200: RevokedServer } }
  app.post('/server-certificate/revoke', { schema: revoke }, (request) => authorities.revokeServer(request.body))
}
