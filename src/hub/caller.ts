import type { Role } from '../store/records.js'
import type { Actor } from './conversation/state.js'

/** Who makes a request: a user under a certificate that the guard found good, with one of his devices. */
export interface Caller {
  /** One object for a whole connection: what it says of him is encoded once. */
  readonly actor: Actor & { readonly device: string }
  readonly certificatePem: string
  readonly certificateDer: Uint8Array
  readonly notBefore: Date
  readonly notAfter: Date
  readonly role: Role
}

/** When a fifth of the life of his certificate is left, in milliseconds. */
export function warnAt({ notBefore, notAfter }: Caller): number {
  return notAfter.getTime() - (notAfter.getTime() - notBefore.getTime()) / 5
}
