import Sqlite, { type Database } from 'better-sqlite3'
import type { DatabaseFacts } from '../examination.js'
import { examine, PROBLEMS_MAX } from '../reads/examination.js'
import { openReader } from './connection.js'
import { migrate, readMigrations } from './migrations.js'
import { sqliteReaders } from './readers.js'

/** The first schemas that have issuing CAs, and a time that is believed. */
const AUTHORITIES_VERSION = 9
const BELIEVED_TIME_VERSION = 13

function strangeSchema(db: Database, schemaVersion: number): readonly string[] {
  const model = new Sqlite(':memory:')
  try {
    migrate(model, ':memory:', readMigrations().slice(0, schemaVersion))
    const [made, found] = [schemaOf(model), schemaOf(db)]
    return [...new Set([...made.keys(), ...found.keys()])].filter((name) => made.get(name) !== found.get(name))
  } finally {
    model.close()
  }
}

/** Of a table not what SQLite writes down, which depends on its version once the table was altered. */
function schemaOf(db: Database): ReadonlyMap<string, string> {
  const objects = db.prepare<[], [string, string]>(
    `SELECT name, CASE type WHEN 'trigger' THEN sql ELSE type END FROM sqlite_schema WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'`,
  )
  return new Map(objects.raw().all())
}

/** Throws where the file cannot be opened or read at all. */
export async function examineSqlite(path: string): Promise<DatabaseFacts> {
  const db = openReader(path)
  try {
    const schemaVersion = db.prepare<[], number>('SELECT "schemaVersion" FROM "Meta"').pluck().get() ?? 0
    const engine = {
      schemaVersion,
      newestVersion: readMigrations().length,
      strangeSchema: strangeSchema(db, schemaVersion),
      damage: damageOf(db),
      server: null,
    }
    return await examine(sqliteReaders(db), engine, {
      authorities: schemaVersion < AUTHORITIES_VERSION,
      believedTime: schemaVersion < BELIEVED_TIME_VERSION,
    })
  } finally {
    db.close()
  }
}

/** What SQLite finds wrong, a sentence each; empty where all is well. */
export function damageOf(db: Database): readonly string[] {
  const found = db.pragma(`integrity_check(${PROBLEMS_MAX})`) as { readonly integrity_check: string }[]
  const orphans = db.pragma('foreign_key_check') as { readonly table: string; readonly parent: string }[]
  return [
    ...found.map((row) => row.integrity_check).filter((text) => text !== 'ok'),
    ...orphans
      .slice(0, PROBLEMS_MAX)
      .map(({ table, parent }) => `a row of ${table} names a ${parent} that is not there`),
  ]
}
