import { HermesError } from '../../errors.js'
import { sqlState } from './postgres-error.js'

/** The refusal for a database that cannot be opened: names it, and what to do. */
export function cannotOpen(name: string, cause: unknown): HermesError {
  if (cause instanceof HermesError) return cause
  return new HermesError('unavailable', `The database ${name} ${sentence(cause)}`, { cause })
}

function sentence(cause: unknown): string {
  const reason = cause instanceof Error ? cause.message : String(cause)
  const state = sqlState(cause) ?? ''
  if (/^28/.test(state)) return `lets nobody in: ${reason}; check user and password of HERMES_DATABASE_URL`
  if (state === '3D000') return `is not there; make it with "createdb", encoding UTF8`
  if (state === '3F000') return `has none of the schemas that search_path names; make one, or name another`
  if (state === '42501') return `forbids it: ${reason}; let the user of HERMES_DATABASE_URL own the database`
  if (state === '53300') return 'has no connection left; raise its max_connections'
  if (isTls(cause)) return `cannot be trusted: ${reason}; check sslrootcert and the host name`
  if (/SSL/.test(reason)) return `speaks no TLS; turn it on there (ssl = on)`
  return `cannot be reached: ${reason}; check that PostgreSQL runs there`
}

function isTls(cause: unknown): boolean {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  return /CERT|SELF_SIGNED|UNABLE_TO|ALTNAME/.test(code)
}
