import { existsSync } from 'node:fs'
import type { FastifyInstance } from 'fastify'
import { pino } from 'pino'
import type { Config } from '../../config.js'
import { HermesError } from '../../errors.js'
import { createAdministration } from '../../identity/admin/administration.js'
import { databasePath } from '../../store/sqlite/database-file.js'
import { openSqliteStore } from '../../store/sqlite/open.js'
import { buildAdministrationApp } from './app.js'
import { offlineAuthorities } from './offline-authorities.js'

/**
 * Administration of a database that no server has, which none can have until the app closes. Rejects with
 * `unavailable` when another process has it, or there is none. What fails is logged to stderr.
 */
export async function openAdministration(config: Config): Promise<FastifyInstance> {
  const path = databasePath(config.databaseUrl)
  if (!existsSync(path)) {
    const sentence = `There is no database ${path}: run "hermes serve" once, or let HERMES_DATABASE_URL name another`
    throw new HermesError('unavailable', sentence)
  }
  const logger = pino({ level: 'error' }, pino.destination({ dest: 2, sync: true }))
  const now = () => new Date()
  const store = await openSqliteStore({ url: config.databaseUrl, now, logger, exclusive: true })
  const administration = createAdministration({
    store: store.administration,
    identities: store.identities,
    audit: store.audit,
    now,
    // Nobody is connected here, and no password waits.
    standingChanged() {},
    liftDelay() {},
  })
  const authorities = offlineAuthorities(config, store, now)
  const app = buildAdministrationApp({ config, logger, administration, authorities })
  app.addHook('onClose', () => store.close())
  return app
}
