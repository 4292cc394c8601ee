import { HermesError } from '../errors.js'
import { PASSWORD_RULE } from '../wire/identity.js'

/** bcrypt reads no more bytes than these; what is longer is refused, never cut. */
export const PASSWORD_BYTES_MAX = 72
const PASSWORD_CODE_POINTS_MIN = 12

/** A new server password in NFC; throws `invalid_request` with the rule when it breaks it. */
export function normalizeNewPassword(password: string, path = 'password'): string {
  const normal = password.normalize('NFC')
  if (isHashable(normal) && Array.from(normal).length >= PASSWORD_CODE_POINTS_MIN) return normal
  const message = `must be ${PASSWORD_RULE}`
  throw new HermesError('invalid_request', `${path}: ${message}`, { errors: [{ path, message }] })
}

/** A password to be checked, in NFC; null when it can be nobody's, since bcrypt would read only a part of it. */
export function normalizeGuess(password: string): string | null {
  const normal = password.normalize('NFC')
  return isHashable(normal) ? normal : null
}

function isHashable(normal: string): boolean {
  return normal.isWellFormed() && !normal.includes('\0') && Buffer.byteLength(normal) <= PASSWORD_BYTES_MAX
}
