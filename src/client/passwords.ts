import { NewPassword } from '../wire/identity.js'
import { ClientError } from './client-error.js'
import { unlockPrivateKey } from './keys.js'

/**
 * The second password is worth something only while the server does not know it, and cannot guess it. Throws
 * ClientError `passwords_equal` or `password_unfit`.
 */
export function checkKeyPassword(keyPassword: string, password: string): void {
  // Another form of the same letters is no guess at all.
  if (keyPassword.normalize('NFKC') === password.normalize('NFKC')) throw equal()
  const parsed = NewPassword.safeParse(keyPassword)
  if (!parsed.success) throw new ClientError('password_unfit', `the second password ${parsed.error.issues[0]?.message}`)
}

/** The same for a new server password, when only the locked key tells what the second one is. */
export function checkNewPassword(password: string, lockedKey: string): void {
  if ([...new Set([password, password.normalize('NFKC')])].some((form) => opens(lockedKey, form))) throw equal()
}

function opens(lockedKey: string, password: string): boolean {
  try {
    unlockPrivateKey(lockedKey, password)
    return true
  } catch {
    return false
  }
}

function equal(): ClientError {
  return new ClientError(
    'passwords_equal',
    'the server password also locks the private key, so the server could open it: choose another',
  )
}
