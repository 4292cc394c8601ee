import type { Client } from 'pg'
import { HermesError } from '../../errors.js'
import { type Migration, readMigrationFiles, refuseNewer } from '../migration-files.js'
import type { Address } from './address.js'
import { withPatientClient } from './patient-client.js'

const OLDEST_SERVER = 140000
/** `Hermes` in ASCII: those who migrate one database take turns. */
const LOCK = 0x4865726d6573

const SET_VERSION = `
  INSERT INTO "Meta" ("id", "schemaVersion") VALUES (1, $1)
  ON CONFLICT ("id") DO UPDATE SET "schemaVersion" = excluded."schemaVersion"`

export const readMigrations = () => readMigrationFiles('postgresql')

/**
 * Brings a database up to the newest migration, each in a transaction of its own; answers those it applied. Throws
 * `invalid_request` where a newer program made the schema, or another program, or where PostgreSQL is too old.
 */
export async function migrate(address: Address, migrations: readonly Migration[]): Promise<readonly string[]> {
  return withPatientClient(address, async (client) => {
    await requireServer(client, address.name)
    refuseNewer(await schemaVersion(client, address.name), migrations, address.name)
    const applied: string[] = []
    for (const migration of migrations)
      if (await applyOnce(client, address.name, migration)) applied.push(migration.name)
    return applied
  })
}

async function requireServer(client: Client, name: string): Promise<void> {
  const { rows } = await client.query<{ version: number; encoding: string }>(`
    SELECT current_setting('server_version_num')::int AS "version", current_setting('server_encoding') AS "encoding"`)
  const [server] = rows
  if ((server?.version ?? 0) < OLDEST_SERVER)
    throw new HermesError('invalid_request', `The database ${name} is of a PostgreSQL older than 14; use a newer one`)
  if (server?.encoding !== 'UTF8')
    throw new HermesError('invalid_request', `The database ${name} has the encoding ${server?.encoding}; make it UTF8`)
}

async function applyOnce(client: Client, name: string, { version, sql }: Migration): Promise<boolean> {
  await client.query('BEGIN')
  // Of several nodes that start at once, the others wait here, and find the work done.
  await client.query('SELECT pg_advisory_xact_lock($1)', [LOCK])
  const isNew = (await schemaVersion(client, name)) < version
  if (isNew) {
    await client.query(sql)
    await client.query(SET_VERSION, [version])
  }
  await client.query('COMMIT')
  return isNew
}

/** 0 of an empty database. Throws `invalid_request` where it is another program's. */
export async function schemaVersion(client: Client, name: string): Promise<number> {
  const { rows: tables } = await client.query<{ table: string }>(
    `SELECT c.relname AS "table" FROM pg_class c WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r'`,
  )
  if (tables.length === 0) return 0
  if (tables.some(({ table }) => table === 'Meta')) {
    const { rows } = await client.query<{ schemaVersion: number }>('SELECT "schemaVersion" FROM "Meta"')
    if (typeof rows[0]?.schemaVersion === 'number') return rows[0].schemaVersion
  }
  throw new HermesError('invalid_request', `The database ${name} belongs to another program; name another one`)
}
