import type { ErrorCode } from '../errors.js'

/** Is told of the identity service's work as it is done, so it must be quick; it must not throw. */
export interface IdentityMeter {
  /** A password was checked, or refused unchecked: `ok`, or the code of the refusal. */
  login(result: 'ok' | ErrorCode): void
  /** A password had to wait so many milliseconds until a thread took it. */
  waited(ms: number): void
  /** A thread hashed a new password, or compared one, in so many milliseconds. */
  hashed(task: 'hash' | 'compare', ms: number): void
}

export const NO_IDENTITY_METER: IdentityMeter = { login() {}, waited() {}, hashed() {} }
