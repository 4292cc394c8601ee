import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { Account, GrantRequest } from '../../../wire/administration.js'
import { type AdministrationRouteOptions, UserParams } from './common.js'

/** Gives a role, or takes it. Never on the hub: administrators are named on the server's own machine alone. */
export const grantRoute: FastifyPluginAsyncZod<AdministrationRouteOptions> = async (app, { administration }) => {
  const schema = { params: UserParams, body: GrantRequest, response: { 200: Account } }
  app.post('/users/:username/grant', { schema }, (request) =>
    administration.grant(request.params.username, request.body.role),
  )
}
