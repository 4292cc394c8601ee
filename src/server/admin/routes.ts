import type { FastifyPluginAsync } from 'fastify'
import { certificateRoutes } from './routes/certificates.js'
import type { AdministrationRouteOptions } from './routes/common.js'
import { userRoutes } from './routes/users.js'

/** What administrators do, the same on the hub and on the server's own machine. */
export const administrationRoutes: FastifyPluginAsync<AdministrationRouteOptions> = async (app, { administration }) => {
  app.register(userRoutes, { administration })
  app.register(certificateRoutes, { administration })
}
