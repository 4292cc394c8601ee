import type { ServerOptions } from 'node:https'
import type { FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import type { Config } from '../../config.js'
import type { Hub } from '../../hub/hub.js'
import type { Administration } from '../../identity/admin/administration.js'
import type { IdentityService } from '../../identity/identity-service.js'
import { clientLimits } from '../client-limits.js'
import { caRoutes, type EstAuthorities } from '../est/ca-routes.js'
import { simpleReenrollRoute } from '../est/simple-reenroll.js'
import { buildHttpApp } from '../http/http-app.js'
import swagger from '../http/swagger.js'
import type { HttpFigures } from '../metrics/http-figures.js'
import { WireFigures } from '../metrics/wire-figures.js'
import { hubAdministration } from './administration.js'
import { createGuard } from './guard.js'
import { spendRequest } from './request-rate.js'
import { HUB_ERRORS, restRoutes } from './rest-routes.js'
import { ownAuditRoute } from './routes/audit.js'
import { deleteOwnAccountRoute } from './routes/delete-account.js'
import { DeviceQuery } from './routes/own.js'
import { renewRoute } from './routes/renew.js'
import { revokeOwnRoute } from './routes/revoke.js'
import { unlockRoute } from './routes/unlock.js'
import { websocketRoute } from './websocket-route.js'

export interface HubAppDependencies {
  readonly config: Config
  readonly hub: Hub
  readonly identities: IdentityService
  readonly administration: Administration
  readonly authority: EstAuthorities
  readonly logger: Logger
  readonly figures?: HttpFigures
  readonly wire?: WireFigures
}

const DESCRIPTION = {
  title: 'Hermes conversation hub',
  version: '1',
  description: '',
  servers: [{ url: 'https://localhost:9443' }],
  tags: [
    { name: 'Account', description: 'The life of a certificate and of an account, as its owner decides.' },
    { name: 'Administration', description: 'Users and their certificates, for users with the role administrator.' },
    { name: 'EST', description: 'Enrollment over Secure Transport (RFC 7030): renewal.' },
    { name: 'WebSocket', description: 'JSON-RPC 2.0 over one connection, which is also where events come.' },
    { name: 'Conversations', description: 'Starting and leaving them, their messages, events and members.' },
    { name: 'Invitations', description: 'How one becomes a member: each side proves itself to the other.' },
  ],
}

/**
 * The hub listener: the guard, the rate of requests, the WebSocket and the REST face of the operations. Never listens.
 */
export async function buildHubApp(
  dependencies: HubAppDependencies,
  https: ServerOptions | null,
): Promise<FastifyInstance> {
  const { config, hub, logger, figures, identities: own, administration, authority } = dependencies
  const { wire = new WireFigures() } = dependencies
  const { services } = hub
  const { identities } = services
  const guard = createGuard({ identities, now: () => services.now(), departures: hub.departures, policy: config })
  const app = buildHttpApp({
    config,
    logger,
    https,
    ...(figures && { figures }),
    async guard(request, reply) {
      await guard.onRequest.call(this, request, reply)
      spendRequest(hub, request)
    },
  })
  app.decorateRequest('caller', null)
  app.addHook('preHandler', guard.preHandler)
  await app.register(swagger, DESCRIPTION)
  const { heartbeatSeconds, drainSeconds } = config
  await websocketRoute(app, { hub, heartbeatSeconds, drainSeconds, limits: clientLimits(config), wire })
  restRoutes(app, { hub, wire })
  app.register(renewRoute, { identities: own })
  app.register(revokeOwnRoute, { identities: own })
  app.register(deleteOwnAccountRoute, { identities: own })
  app.register(unlockRoute, { identities: own })
  app.register(ownAuditRoute, { administration })
  app.register(caRoutes, {
    authority,
    querystring: DeviceQuery,
    errors: HUB_ERRORS,
    description: 'The hub has it too.',
  })
  app.register(simpleReenrollRoute, { identities: own })
  app.register(hubAdministration, { administration })
  return app
}
