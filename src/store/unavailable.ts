import { HermesError } from '../errors.js'

/** One line about an error of a database, which may cross between threads. */
export function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name
  return `${code}: ${error.message}`
}

/** A refusal because the database did not take it; `cause` is for the log. */
export function unavailable(cause: unknown): HermesError {
  return new HermesError('unavailable', 'The database did not take it', { cause })
}
