import type { FastifyInstance } from 'fastify'
import { buildHttpApp, type HttpAppOptions } from '../http/http-app.js'
import type { AdministrationRouteOptions } from './routes/common.js'
import { administrationRoutes } from './routes.js'

export interface AdministrationAppDependencies
  extends AdministrationRouteOptions,
    Pick<HttpAppOptions, 'config' | 'logger'> {}

/** Administration for whoever may open its socket, which is the system's to say: no other proof is asked for. */
export function buildAdministrationApp({ config, logger, ...options }: AdministrationAppDependencies): FastifyInstance {
  const app = buildHttpApp({ config, logger, https: null })
  app.register(administrationRoutes, { prefix: '/admin', ...options })
  return app
}
