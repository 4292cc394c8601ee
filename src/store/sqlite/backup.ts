import { open } from 'node:fs/promises'
import Database from 'better-sqlite3'
import { HermesError } from '../../errors.js'
import { openReader } from './connection.js'
import { cannotOpen } from './database-file.js'
import { damageOf } from './examination.js'

/**
 * Copies the database at `from`, as it is at one moment, to a new file `to` (0600), whether a server writes it or not.
 * The copy is one file that has been checked. Answers whose it is: the fingerprint of the root, null before there is
 * one. Throws `unavailable` where the source cannot be read or is damaged.
 */
export async function backUpDatabase(from: string, to: string): Promise<{ readonly rootFingerprint: string | null }> {
  await (await open(to, 'wx', 0o600)).close()
  const source = reader(from)
  try {
    // A held snapshot: SQLite begins a copy anew whenever another process commits, on a busy server without end.
    source.exec('BEGIN; SELECT count(*) FROM sqlite_schema')
    await source.backup(to)
  } finally {
    source.close()
  }
  return { rootFingerprint: checkCopy(from, to) }
}

function reader(path: string): Database.Database {
  try {
    return openReader(path)
  } catch (error) {
    throw cannotOpen(path, error)
  }
}

function checkCopy(from: string, to: string): string | null {
  const copy = new Database(to, { fileMustExist: true })
  try {
    // Without -wal and -shm beside it; a server turns WAL on again.
    copy.pragma('journal_mode = DELETE')
    const [damage] = damageOf(copy)
    if (damage === undefined)
      return copy.prepare<[], string | null>('SELECT "rootFingerprint" FROM "Meta"').pluck().get() ?? null
    const sentence = `The database ${from} is damaged (${damage}), so no backup was made; "hermes admin doctor" says more`
    throw new HermesError('unavailable', sentence)
  } finally {
    copy.close()
  }
}
