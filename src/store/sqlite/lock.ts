import Database from 'better-sqlite3'
import { HermesError } from '../../errors.js'
import { sqliteCode } from './sqlite-error.js'

/** How long a process before this one may take to end, in milliseconds. */
const WAIT_MS = 1000

/**
 * Takes the database at `path` for this process, until the connection that it answers is closed: a lock on an empty
 * file beside it, which the operating system releases when the process dies. The file stays, since whoever removed
 * it could remove the lock of another. Throws `unavailable` when another process has the database.
 */
export function lockDatabase(path: string): Database.Database {
  const lock = new Database(`${path}.lock`, { timeout: WAIT_MS })
  try {
    lock.exec('BEGIN EXCLUSIVE')
    return lock
  } catch (cause) {
    lock.close()
    if (sqliteCode(cause) !== 'SQLITE_BUSY') throw cause
    const sentence = `The database ${path} is in use by another Hermes process; end it, or name another file`
    throw new HermesError('unavailable', sentence, { cause })
  }
}
