import type { TbsCertificate } from './certificate.js'
import type { SignatureAlgorithm } from './signature-algorithm.js'

export type Profile = 'user' | 'server' | 'authority'

/** What the certificate ought to be. */
export interface Expected {
  readonly profile: Profile
  /** `keyIdentifier` is null for a certificate that signs itself. */
  readonly issuer: { readonly subject: Uint8Array; readonly keyIdentifier: Uint8Array | null; readonly notAfter: Date }
  readonly algorithm: SignatureAlgorithm
  readonly spki: Uint8Array
  readonly commonName: string
  /** The one extended key usage; null where there is none. */
  readonly purpose: string | null
  /** DER of the GeneralNames; null where there are none. */
  readonly names: Uint8Array | null
}

/** A named rule. `clause` says where it stands. A check that throws has failed. */
export interface Check {
  readonly name: string
  readonly clause: string
  passes(tbs: TbsCertificate, expected: Expected): boolean
}

export const equal = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0
