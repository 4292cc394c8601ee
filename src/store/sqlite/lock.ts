import { closeSync, fchownSync, openSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import Database from 'better-sqlite3'
import { HermesError } from '../../errors.js'
import { sqliteCode } from './sqlite-error.js'

/** How long a process before this one may take to end, in milliseconds. */
const WAIT_MS = 1000

export type Lock = Pick<Database.Database, 'close'>

/**
 * Takes the lock that an empty file (0600) stands for until the answer is closed; the operating system releases it when
 * the process dies. The file stays, since whoever removed it could remove the lock of another. Null while another has
 * it.
 */
export function tryLock(file: string, waitMs = 0): Lock | null {
  makeFile(file)
  const lock = new Database(file, { fileMustExist: true, timeout: waitMs })
  try {
    lock.exec('BEGIN EXCLUSIVE')
    return lock
  } catch (cause) {
    lock.close()
    if (sqliteCode(cause) === 'SQLITE_BUSY') return null
    throw cause
  }
}

/**
 * Made by root it is the folder's owner's, who must be able to take it too. What has that name already is left as it
 * is: a link could lead root to any file.
 */
function makeFile(file: string): void {
  try {
    const descriptor = openSync(file, 'wx', 0o600)
    const { uid, gid } = statSync(dirname(file))
    if (process.getuid?.() === 0) fchownSync(descriptor, uid, gid)
    closeSync(descriptor)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  }
}

/** Takes the database at `path` for this process. Throws `unavailable` when another process has it. */
export function lockDatabase(path: string): Lock {
  const lock = tryLock(`${path}.lock`, WAIT_MS)
  if (lock !== null) return lock
  const sentence = `The database ${path} is in use by another Hermes process; end it, or name another file`
  throw new HermesError('unavailable', sentence)
}
