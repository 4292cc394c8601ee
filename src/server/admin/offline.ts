import { existsSync } from 'node:fs'
import type { FastifyInstance } from 'fastify'
import { pino } from 'pino'
import type { Config } from '../../config.js'
import { HermesError } from '../../errors.js'
import { createAdministration } from '../../identity/admin/administration.js'
import { openStore } from '../../store/open.js'
import { isPostgres, postgresAddress } from '../../store/postgres/address.js'
import { isEmptyPostgres } from '../../store/postgres/examination.js'
import { databasePath } from '../../store/sqlite/database-file.js'
import { poolLimits } from '../pool-limits.js'
import { buildAdministrationApp } from './app.js'
import { offlineAuthorities } from './offline-authorities.js'

/**
 * Administration of a database that no server here has. One in SQLite none can have until the app closes; one in
 * PostgreSQL other nodes may have, which find what was done by looking. Rejects with `unavailable` when another process
 * has the file, or there is no installation. What fails is logged to stderr.
 */
export async function openAdministration(config: Config): Promise<FastifyInstance> {
  const { databaseUrl: url } = config
  if (!isPostgres(url) && !existsSync(databasePath(url))) throw absent(databasePath(url))
  if (isPostgres(url) && (await isEmptyPostgres(url))) throw absent(postgresAddress(url).name)
  const logger = pino({ level: 'error' }, pino.destination({ dest: 2, sync: true }))
  const now = () => new Date()
  const store = await openStore({ url, limits: poolLimits(config), now, logger })
  if (isPostgres(url) && (await store.installation()) === null) {
    await store.close()
    throw absent(postgresAddress(url).name)
  }
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
  const app = buildAdministrationApp({ config, logger, administration, authorities, clock: store.clock, now })
  app.addHook('onClose', () => store.close())
  return app
}

function absent(name: string): HermesError {
  const sentence = `There is no installation in ${name}: run "hermes serve" once, or let HERMES_DATABASE_URL name another`
  return new HermesError('unavailable', sentence)
}
