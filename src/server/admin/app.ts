import type { FastifyInstance } from 'fastify'
import type { Administration } from '../../identity/admin/administration.js'
import type { AuthorityActs } from '../custody.js'
import { buildHttpApp, type HttpAppOptions } from '../http/http-app.js'
import { authorityRoutes } from './routes/authorities.js'
import { type ClockRouteOptions, clockRoute } from './routes/clock.js'
import { grantRoute } from './routes/grant.js'
import { administrationRoutes } from './routes.js'

export interface AdministrationAppDependencies
  extends Pick<HttpAppOptions, 'config' | 'logger' | 'figures'>,
    ClockRouteOptions {
  readonly administration: Administration
  readonly authorities: AuthorityActs
}

/** Administration for whoever may open its socket, which is the system's to say: no other proof is asked for. */
export function buildAdministrationApp({
  administration,
  authorities,
  clock,
  now,
  ...http
}: AdministrationAppDependencies): FastifyInstance {
  const app = buildHttpApp({ ...http, https: null })
  const options = { prefix: '/admin', administration, administratorOf: () => null }
  app.register(administrationRoutes, options)
  app.register(grantRoute, options)
  app.register(authorityRoutes, { prefix: '/admin', authorities })
  app.register(clockRoute, { prefix: '/admin', clock, now })
  return app
}
