import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Database } from 'better-sqlite3'
import { HermesError } from '../../errors.js'

export interface Migration {
  /** Its number: the schema version after it. */
  readonly version: number
  readonly name: string
  readonly sql: string
}

/** As deep below the root of the package from src/ as from dist/. */
const FOLDER = fileURLToPath(new URL('../../../prisma/migrations/', import.meta.url))

const SET_VERSION = `
  INSERT INTO "Meta" ("id", "schemaVersion") VALUES (1, ?)
  ON CONFLICT DO UPDATE SET "schemaVersion" = excluded."schemaVersion"`

/** The migrations of this program, in order: `prisma/migrations/NNNN_name/migration.sql`, numbered from 1 without holes. */
export function readMigrations(folder: string = FOLDER): readonly Migration[] {
  const names = readdirSync(folder)
    .filter((name) => /^\d{4}_/.test(name))
    .sort()
  return names.map((name, index) => {
    const version = Number(name.slice(0, 4))
    if (version !== index + 1) throw new HermesError('internal', `Migration ${name} should have number ${index + 1}`)
    return { version, name, sql: readFileSync(`${folder}/${name}/migration.sql`, 'utf8') }
  })
}

/** Rejects a database that a newer program made, or that is not Hermes's; an empty one is fine. Changes nothing. */
export function checkSchema(db: Database, path: string, migrations: readonly Migration[]): void {
  const version = schemaVersion(db, path)
  if (version <= migrations.length) return
  throw new HermesError(
    'invalid_request',
    `The database ${path} has schema version ${version}, newer than this program's ${migrations.length}; run the newer program, or restore a backup`,
  )
}

/** Brings a database up to the newest migration, each in a transaction of its own; answers those it applied. */
export function migrate(db: Database, path: string, migrations: readonly Migration[]): readonly string[] {
  const applied: string[] = []
  for (const migration of migrations) if (applyOnce(db, path, migration)) applied.push(migration.name)
  return applied
}

function applyOnce(db: Database, path: string, { version, sql }: Migration): boolean {
  const apply = db.transaction(() => {
    if (schemaVersion(db, path) >= version) return false
    db.exec(sql)
    db.prepare(SET_VERSION).run(version)
    return true
  })
  // Immediate: of two processes that start at once, the second waits and finds the work done.
  return apply.immediate()
}

function schemaVersion(db: Database, path: string): number {
  const tables = db.prepare(`SELECT "name" FROM sqlite_schema WHERE "type" = 'table'`).pluck().all()
  if (tables.length === 0) return 0
  const version = tables.includes('Meta') ? db.prepare('SELECT "schemaVersion" FROM "Meta"').pluck().get() : undefined
  if (typeof version === 'number') return version
  throw new HermesError('invalid_request', `The database ${path} belongs to another program; name another file`)
}
