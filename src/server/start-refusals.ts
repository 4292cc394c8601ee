import type { Config } from '../config.js'
import { HermesError } from '../errors.js'
import { isPostgres } from '../store/postgres/address.js'

/**
 * Whoever sets NATS has several nodes in mind: each would have a database of its own, and users that no other knows.
 */
export function refuseNatsAlone({ natsUrl, databaseUrl }: Pick<Config, 'natsUrl' | 'databaseUrl'>): void {
  if (natsUrl === null || isPostgres(databaseUrl)) return
  throw new HermesError(
    'invalid_request',
    `HERMES_NATS_URL is for nodes that share a database, and HERMES_DATABASE_URL=${databaseUrl} is of one node alone: unset HERMES_NATS_URL, or let HERMES_DATABASE_URL name a PostgreSQL (postgresql://…)`,
  )
}
