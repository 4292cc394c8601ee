import type { FastifyInstance } from 'fastify'
import { collectDefaultMetrics, type Registry } from 'prom-client'
import { HermesError } from '../../errors.js'
import { buildHttpApp } from '../http/http-app.js'
import { healthRoutes } from '../identity/routes/health.js'
import { Exposition } from './exposition.js'
import type { Figures } from './figures.js'
import { exposeHandshakes } from './handshakes.js'
import { exposeHttp } from './http-figures.js'
import { exposeState, type State } from './state.js'
import { type StateSources, stateOf } from './state-of.js'

/** What a page of another origin, whose name was made to mean this machine, cannot put into Host. */
const HOSTS: ReadonlySet<string> = new Set(['127.0.0.1', 'localhost', '[::1]'])

/**
 * The listener for Prometheus, without TLS and on the loopback interface alone: `/metrics`, and `/health`. Null without
 * HERMES_METRICS_PORT.
 */
export function buildMetricsApp(sources: StateSources): FastifyInstance | null {
  const { config, logger, figures } = sources.installation
  if (config.metricsPort === null) return null
  const app = buildHttpApp({ config, logger: logger.child({ listener: 'metrics' }), https: null })
  app.addHook('onRequest', async ({ hostname }) => {
    if (!HOSTS.has(hostname))
      throw new HermesError('forbidden', `Ask for ${[...HOSTS].join(', ')}, not for ${hostname}`)
  })
  const registry = createRegistry(figures, stateOf(sources))
  app.get('/metrics', async (_request, reply) =>
    reply
      .header('cache-control', 'no-store')
      .type(registry.contentType)
      .send(await registry.metrics()),
  )
  app.register(healthRoutes, { ready: sources.ready })
  return app
}

function createRegistry({ store, identity, hub, wire, bus, http, handshakes }: Figures, state: State): Registry {
  const exposition = new Exposition()
  for (const figures of [hub, wire, bus, identity, store]) figures.expose(exposition)
  exposeHttp(exposition, http)
  exposeHandshakes(exposition, handshakes)
  exposeState(exposition, state)
  collectDefaultMetrics({ register: exposition.registry })
  return exposition.registry
}
