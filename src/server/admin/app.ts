import type { FastifyInstance } from 'fastify'
import type { Administration } from '../../identity/admin/administration.js'
import { buildHttpApp, type HttpAppOptions } from '../http/http-app.js'
import { grantRoute } from './routes/grant.js'
import { administrationRoutes } from './routes.js'

export interface AdministrationAppDependencies extends Pick<HttpAppOptions, 'config' | 'logger'> {
  readonly administration: Administration
}

/** Administration for whoever may open its socket, which is the system's to say: no other proof is asked for. */
export function buildAdministrationApp({
  config,
  logger,
  administration,
}: AdministrationAppDependencies): FastifyInstance {
  const app = buildHttpApp({ config, logger, https: null })
  const options = { prefix: '/admin', administration, administratorOf: () => null }
  app.register(administrationRoutes, options)
  app.register(grantRoute, options)
  return app
}
