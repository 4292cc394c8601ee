import type { Database } from 'better-sqlite3'
import { HermesError } from '../../errors.js'
import { type Migration, readMigrationFiles, refuseNewer } from '../migration-files.js'

const SET_VERSION = `
  INSERT INTO "Meta" ("id", "schemaVersion") VALUES (1, ?)
  ON CONFLICT DO UPDATE SET "schemaVersion" = excluded."schemaVersion"`

export const readMigrations = () => readMigrationFiles('migrations')

/** Rejects a database that a newer program made, or that is not Hermes's; an empty one is fine. Changes nothing. */
export function checkSchema(db: Database, path: string, migrations: readonly Migration[]): void {
  refuseNewer(schemaVersion(db, path), migrations, path)
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
