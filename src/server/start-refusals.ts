import type { Config } from '../config.js'
import { HermesError } from '../errors.js'
import { isPostgres } from '../store/postgres/address.js'

type Places = Pick<Config, 'natsUrl' | 'databaseUrl'>

/** NATS is set, and no database that nodes could share. */
export function isNatsAlone({ natsUrl, databaseUrl }: Places): boolean {
  return natsUrl !== null && !isPostgres(databaseUrl)
}

/**
 * Whoever sets NATS has several nodes in mind: each would have a database of its own, and users that no other knows.
 */
export function refuseNatsAlone(config: Places): void {
  if (!isNatsAlone(config)) return
  throw new HermesError(
    'invalid_request',
    `HERMES_NATS_URL is for nodes that share a database, and HERMES_DATABASE_URL=${config.databaseUrl} is of one node alone: unset HERMES_NATS_URL, or let HERMES_DATABASE_URL name a PostgreSQL (postgresql://…)`,
  )
}
