import type { FastifyPluginAsync } from 'fastify'
import { HermesError } from '../../errors.js'
import type { Administration } from '../../identity/admin/administration.js'
import { administrationRoutes } from '../admin/routes.js'
import { holderOf } from './routes/own.js'

const WHO = 'Only administrators may do this; whoever runs the server names them: hermes admin grant <username>'

/** Administration over mutual TLS, for users who have the role: the guard has just read it from the store. */
export const hubAdministration: FastifyPluginAsync<{ readonly administration: Administration }> = async (
  app,
  { administration },
) => {
  app.addHook('onRequest', async ({ caller }) => {
    if (caller?.role !== 'administrator') throw new HermesError('forbidden', WHO)
  })
  app.register(administrationRoutes, {
    prefix: '/admin',
    administration,
    administratorOf: (request) => holderOf(request).fingerprint,
  })
}
