import { closeSync, lstatSync, mkdirSync, openSync, realpathSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { HermesError } from '../../errors.js'
import { sqliteCode } from './sqlite-error.js'

/**
 * The absolute path that `file:./data/hermes.db`, `file:/var/lib/hermes.db` or `file:///…` names. Where a link is, that
 * of the file: the lock and the socket lie beside it, whoever comes which way.
 */
export function databasePath(url: string): string {
  const path = url.startsWith('file:///') ? fileURLToPath(url) : url.slice('file:'.length)
  if (!url.startsWith('file:') || path === '' || path.startsWith('//') || /^:memory:|\?/.test(path))
    throw new HermesError(
      'invalid_request',
      `${url} names no database: use file: and a path, such as file:./data/hermes.db`,
    )
  return behindLink(resolve(path))
}

function behindLink(file: string): string {
  try {
    return lstatSync(file).isSymbolicLink() ? realpathSync(file) : file
  } catch {
    // What is wrong with it is told by whoever opens it.
    return file
  }
}

/**
 * Makes the folder (0700) and an empty file (0600) where there are none; SQLite gives its -wal and -shm the same mode.
 */
export function createDatabaseFile(path: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    closeSync(openSync(path, 'a', 0o600))
  } catch (error) {
    throw cannotOpen(path, error)
  }
}

/** The refusal for a database that cannot be opened: names the file, and what to do. */
export function cannotOpen(path: string, cause: unknown): HermesError {
  if (cause instanceof HermesError) return cause
  const code = sqliteCode(cause) ?? (cause instanceof Error && 'code' in cause ? String(cause.code) : '')
  if (/^SQLITE_(NOTADB|CORRUPT)/.test(code))
    return refusal(path, 'is damaged or no SQLite database; restore it from a backup, or name another file', cause)
  if (/^(EACCES|EPERM|EROFS|SQLITE_(READONLY|CANTOPEN|PERM))/.test(code))
    return refusal(
      path,
      `cannot be written (${code}); let the user that runs Hermes write the file and its folder`,
      cause,
    )
  if (/^(ENOSPC|EDQUOT|SQLITE_FULL)/.test(code))
    return refusal(path, `has no room (${code}); free space on its disk`, cause)
  if (/^SQLITE_(BUSY|LOCKED)/.test(code)) return refusal(path, 'is locked; end the other process that writes it', cause)
  const reason = cause instanceof Error ? cause.message : String(cause)
  if (code === 'ERR_DLOPEN_FAILED' || reason.startsWith('Could not locate the bindings file'))
    return refusal(
      path,
      'cannot be opened: better-sqlite3 is not built for this Node.js; npm rebuild better-sqlite3',
      cause,
    )
  return refusal(path, `cannot be opened: ${reason}; check the path, or name another file`, cause)
}

function refusal(path: string, sentence: string, cause: unknown): HermesError {
  return new HermesError('unavailable', `The database ${path} ${sentence}`, { cause })
}
