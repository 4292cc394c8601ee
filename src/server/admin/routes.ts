import type { FastifyPluginAsync } from 'fastify'
import { actRoutes } from './routes/acts.js'
import { auditRoutes } from './routes/audit.js'
import { certificateRoutes } from './routes/certificates.js'
import type { AdministrationRouteOptions } from './routes/common.js'
import { userRoutes } from './routes/users.js'

/** What administrators do, the same on the hub and on the server's own machine. */
export const administrationRoutes: FastifyPluginAsync<AdministrationRouteOptions> = async (
  app,
  { administration, administratorOf },
) => {
  // Not the options as they came, whose prefix would count twice.
  const options = { administration, administratorOf }
  app.register(userRoutes, options)
  app.register(certificateRoutes, options)
  app.register(actRoutes, options)
  app.register(auditRoutes, options)
}
