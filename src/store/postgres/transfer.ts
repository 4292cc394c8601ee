import type { Client } from 'pg'
import { HermesError } from '../../errors.js'
import type { Catalog, Session, WithSession } from '../transfer/session.js'
import { row, rows, run } from '../work.js'
import { type Address, postgresAddress } from './address.js'
import { cannotOpen } from './cannot-open.js'
import { migrate, readMigrations, schemaVersion } from './migrations.js'
import { withPatientClient } from './patient-client.js'
import { perform } from './statements.js'

const CATALOG: Catalog = {
  columnsOf: (table) =>
    rows(
      `SELECT attname AS "name", format_type(atttypid, NULL) AS "type" FROM pg_attribute
        WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped`,
      quoted(table),
    ),
  *lastId(table) {
    const last = yield* row<{ readonly id: number }>(
      `SELECT coalesce(pg_sequence_last_value(pg_get_serial_sequence($1, 'id')::regclass), 0) AS "id"`,
      quoted(table),
    )
    return last?.id ?? 0
  },
  setLastId: (table, last) =>
    run(
      `SELECT setval(pg_get_serial_sequence($1, 'id'), greatest(CAST($2 AS BIGINT), 1), CAST($2 AS BIGINT) > 0)`,
      quoted(table),
      last,
    ),
}

/** Reads a database that no server uses, brought up to this program's schema. */
export function readPostgres(url: string): WithSession {
  const address = postgresAddress(url)
  return async (use) => {
    await bringUpToDate(address)
    return withPatientClient(address, async (client) => {
      await refuseWhileUsed(client, address)
      return inSnapshot(client, use)
    })
  }
}

/** Reads a database as it is at one moment, whether servers use it or not, and leaves its schema to them. */
export function copyPostgres(url: string): WithSession {
  const address = postgresAddress(url)
  return (use) =>
    withPatientClient(address, async (client) => {
      const [version, newest] = [await schemaVersion(client, address.name), readMigrations().length]
      if (version === newest) return inSnapshot(client, use)
      const sentence = `The database ${address.name} has schema version ${version}, and this program's is ${newest}: use the program that runs on it`
      throw new HermesError('invalid_request', sentence)
    })
}

async function inSnapshot<T>(client: Client, use: (session: Session) => Promise<T>): Promise<T> {
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
  return use(sessionOf(client))
}

/** Fills a database in one transaction. A server that is started meanwhile waits for its end. */
export function fillPostgres(url: string): WithSession {
  const address = postgresAddress(url)
  return async (use) => {
    await bringUpToDate(address)
    return withPatientClient(address, async (client) => {
      await refuseWhileUsed(client, address)
      await client.query('BEGIN; LOCK TABLE "Meta" IN ACCESS EXCLUSIVE MODE')
      const answer = await use(sessionOf(client))
      await perform(client, skipEventIds())
      await client.query('COMMIT')
      await client.query('ANALYZE')
      return answer
    })
  }
}

async function bringUpToDate(address: Address): Promise<void> {
  await migrate(address, readMigrations()).catch((error) => {
    throw cannotOpen(address.name, error)
  })
}

/** Behind the last one that is there; SQLite has no other count of them. */
function skipEventIds() {
  return run(`SELECT setval(pg_get_serial_sequence('"Event"', 'id'), max("id")) FROM "Event"`)
}

function sessionOf(client: Client): Session {
  return { catalog: CATALOG, run: (work) => perform(client, work) }
}

const quoted = (name: string): string => `"${name}"`

const OTHERS = `
  SELECT 1 FROM pg_stat_activity
  WHERE "datname" = current_database() AND "application_name" = 'hermes' AND "pid" <> pg_backend_pid() LIMIT 1`

/** Whether another process of Hermes has the database open. Throws where it cannot be reached. */
export async function isUsedPostgres(url: string): Promise<boolean> {
  const address = postgresAddress(url)
  return withPatientClient(address, isUsed).catch((error) => {
    throw cannotOpen(address.name, error)
  })
}

async function isUsed(client: Client): Promise<boolean> {
  return (await client.query(OTHERS)).rowCount !== 0
}

async function refuseWhileUsed(client: Client, { name }: Address): Promise<void> {
  if (!(await isUsed(client))) return
  throw new HermesError('unavailable', `The database ${name} is in use by another Hermes process; end all of them`)
}
