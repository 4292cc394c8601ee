import { HermesError } from '../../errors.js'

/** SQLite's extended result code, such as SQLITE_CONSTRAINT_UNIQUE, or null for an error of another kind. */
export function sqliteCode(error: unknown): string | null {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return null
  return error.code.startsWith('SQLITE_') ? error.code : null
}

export function isConstraint(error: unknown): boolean {
  return sqliteCode(error)?.startsWith('SQLITE_CONSTRAINT') ?? false
}

/** One line about an error, which crosses from the writing thread. */
export function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const code = sqliteCode(error)
  return code === null ? `${error.name}: ${error.message}` : `${code}: ${error.message}`
}

/** A refusal because the database did not take it; `cause` is for the log. */
export function unavailable(cause: unknown): HermesError {
  return new HermesError('unavailable', 'The database did not take it', { cause })
}
