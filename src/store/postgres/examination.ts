import type { Client } from 'pg'
import { HermesError } from '../../errors.js'
import type { DatabaseFacts, ServerFacts } from '../examination.js'
import { examine, PROBLEMS_MAX } from '../reads/examination.js'
import type { Readers, Work } from '../work.js'
import { type Address, isNear, postgresAddress } from './address.js'
import { cannotOpen } from './cannot-open.js'
import { readMigrations, schemaVersion } from './migrations.js'
import { withPatientClient } from './patient-client.js'
import { strangeSchema } from './schema-check.js'
import { perform } from './statements.js'

/** The first schema that has a time that is believed. */
const BELIEVED_TIME_VERSION = 4

/** Throws where the database cannot be reached, or is not Hermes's. */
export async function examinePostgres(url: string): Promise<DatabaseFacts> {
  const address = postgresAddress(url)
  const look = (client: Client) => lookAt(client, address)
  return withPatientClient(address, look).catch((error) => {
    throw cannotOpen(address.name, error)
  })
}

/** Whether nothing was made in the database yet. Throws where it cannot be reached, or is another program's. */
export async function isEmptyPostgres(url: string): Promise<boolean> {
  const address = postgresAddress(url)
  const look = async (client: Client) => (await schemaVersion(client, address.name)) === 0
  return withPatientClient(address, look).catch((error) => {
    throw cannotOpen(address.name, error)
  })
}

async function lookAt(client: Client, address: Address): Promise<DatabaseFacts> {
  const version = await schemaVersion(client, address.name)
  if (version === 0)
    throw new HermesError('unavailable', `The database ${address.name} is empty: start the server once`)
  const engine = {
    schemaVersion: version,
    newestVersion: readMigrations().length,
    strangeSchema: await strangeSchema(client),
    damage: await damageIn(client),
    server: await serverFacts(client, address),
  }
  return examine(readersOf(client), engine, { believedTime: version < BELIEVED_TIME_VERSION })
}

function readersOf(client: Client): Readers {
  const snapshot = async <T>(work: Work<T>): Promise<T> => {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
    const answer = await perform(client, work)
    await client.query('COMMIT')
    return answer
  }
  return { read: (work) => perform(client, work), snapshot }
}

const SERVER = `
  SELECT current_setting('server_version') AS "version", pg_database_size(current_database()) AS "bytes",
    clock_timestamp() AS "clock", (SELECT "ssl" FROM pg_stat_ssl WHERE "pid" = pg_backend_pid()) AS "isEncrypted",
    current_setting('fsync') = 'on' AND current_setting('full_page_writes') = 'on' AS "isDurable"`

interface ServerRow extends Pick<ServerFacts, 'version' | 'bytes' | 'isDurable'> {
  readonly clock: number
  readonly isEncrypted: boolean
}

async function serverFacts(client: Client, { name, config }: Address): Promise<ServerFacts> {
  const before = Date.now()
  const { rows } = await client.query<ServerRow>(SERVER)
  const now = (before + Date.now()) / 2
  const [row] = rows
  if (row === undefined) throw new Error('PostgreSQL does not tell its settings')
  const { version, bytes, clock, isEncrypted, isDurable } = row
  return { name, version, bytes, isDurable, aheadMs: clock - now, isPrivate: isEncrypted || isNear(config.host ?? '') }
}

const DAMAGE = `
  SELECT 'the index ' || indexrelid::regclass || ' is not whole: REINDEX it' AS "problem" FROM pg_index
    JOIN pg_class ON pg_class.oid = indexrelid
    WHERE relnamespace = current_schema()::regnamespace AND NOT (indisvalid AND indisready)
  UNION ALL
  SELECT 'the constraint ' || conname || ' was never checked' FROM pg_constraint
    WHERE connamespace = current_schema()::regnamespace AND NOT convalidated
  UNION ALL
  SELECT checksum_failures || ' pages were not what was written (checksums)' FROM pg_stat_database
    WHERE datname = current_database() AND checksum_failures > 0
  LIMIT ${PROBLEMS_MAX}`

async function damageIn(client: Client): Promise<readonly string[]> {
  const { rows } = await client.query<{ problem: string }>(DAMAGE)
  return rows.map(({ problem }) => problem)
}
