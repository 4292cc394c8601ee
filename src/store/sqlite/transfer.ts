import { existsSync, type Stats } from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Database } from 'better-sqlite3'
import { HermesError } from '../../errors.js'
import type { Catalog, Session, WithSession } from '../transfer/session.js'
import { row, rows, run, type Work } from '../work.js'
import { openReader, openWriter } from './connection.js'
import { cannotOpen, databasePath } from './database-file.js'
import { lockDatabase } from './lock.js'
import { checkSchema, migrate, readMigrations } from './migrations.js'
import { give, makeOwnedFolder } from './owner.js'
import { workRunner } from './work-runner.js'

const CATALOG: Catalog = {
  columnsOf: (table) => rows('SELECT "name", "type" FROM pragma_table_info($1)', table),
  *lastId(table) {
    const last = yield* row<{ readonly seq: number }>('SELECT "seq" FROM sqlite_sequence WHERE "name" = $1', table)
    return last?.seq ?? 0
  },
  *setLastId(table, last) {
    yield* run('DELETE FROM sqlite_sequence WHERE "name" = $1', table)
    if (last > 0) yield* run('INSERT INTO sqlite_sequence ("name", "seq") VALUES ($1, $2)', table, last)
  },
}

/** Reads a database that no server has, and none can have meanwhile, brought up to this program's schema. */
export function readSqlite(url: string): WithSession {
  const path = databasePath(url)
  return async (use) => {
    if (!existsSync(path)) throw new HermesError('unavailable', `There is no database ${path}: nothing to export`)
    return locked(path, async () => {
      const migrations = readMigrations()
      await using(openReader(path), (db) => checkSchema(db, path, migrations))
      await using(openWriter(path), (db) => migrate(db, path, migrations))
      return using(openReader(path), (db) => use(sessionOf(db)))
    })
  }
}

/** Fills a database that is not there yet: it appears whole, or not at all. */
export function fillSqlite(url: string): WithSession {
  const path = databasePath(url)
  const partial = `${path}.partial`
  return async (use) => {
    const owner = await makeOwnedFolder(dirname(path))
    return locked(path, async () => {
      refuseExisting(path)
      try {
        await removePartial(partial)
        await makeFile(partial, owner)
        const answer = await using(openWriter(partial), (db) => filled(db, partial, use))
        await rename(partial, path)
        await syncFolder(dirname(path))
        return answer
      } finally {
        await removePartial(partial)
      }
    })
  }
}

async function makeFile(path: string, owner: Stats): Promise<void> {
  const handle = await open(path, 'wx', 0o600)
  try {
    await give(handle, owner)
  } finally {
    await handle.close()
  }
}

async function filled<T>(db: Database, path: string, use: (session: Session) => Promise<T>): Promise<T> {
  migrate(db, path, readMigrations())
  // Without -wal and -shm beside it, so that it can be renamed; a server turns WAL on again.
  db.pragma('journal_mode = DELETE')
  db.exec('BEGIN')
  const answer = await use(sessionOf(db))
  db.exec('COMMIT')
  return answer
}

function sessionOf(db: Database): Session {
  const perform = workRunner(db)
  return { catalog: CATALOG, run: async <T>(work: Work<T>) => perform(work) }
}

async function locked<T>(path: string, use: () => Promise<T>): Promise<T> {
  try {
    const lock = lockDatabase(path)
    return await use().finally(() => lock.close())
  } catch (error) {
    throw cannotOpen(path, error)
  }
}

async function using<T>(db: Database, use: (db: Database) => T | Promise<T>): Promise<T> {
  try {
    return await use(db)
  } finally {
    db.close()
  }
}

function refuseExisting(path: string): void {
  const file = [path, `${path}-wal`, `${path}-journal`].find((one) => existsSync(one))
  if (file === undefined) return
  throw new HermesError('invalid_request', `${file} is in the way: move it elsewhere, or name another database`)
}

async function removePartial(partial: string): Promise<void> {
  for (const end of ['', '-wal', '-shm', '-journal']) await rm(`${partial}${end}`, { force: true })
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
