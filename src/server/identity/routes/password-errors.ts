import type { ErrorCode } from '../../../errors.js'

/** What every route that checks a password may answer. */
export const PASSWORD_ERRORS = [
  'invalid_credentials',
  'account_disabled',
  'method_not_allowed',
  'too_large',
  'unsupported_media_type',
  'account_locked',
  'rate_limited',
  'busy',
  'unavailable',
] as const satisfies readonly ErrorCode[]

/** A wrong password ends the connection. */
export const CLOSES_ON_WRONG_PASSWORD = { closeOn: ['invalid_credentials'] as const }
