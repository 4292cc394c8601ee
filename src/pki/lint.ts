import { readTbs, type TbsCertificate } from './certificate.js'
import { parseDer } from './der.js'
import { CERTIFICATE_CHECKS } from './lint-certificate.js'
import { EXTENSION_CHECKS } from './lint-extensions.js'
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

/** Every check, in the order of the certificate's fields. */
export const CHECKS: readonly Check[] = [...CERTIFICATE_CHECKS, ...EXTENSION_CHECKS]

function passes(check: Check, tbs: TbsCertificate, expected: Expected): boolean {
  try {
    return check.passes(tbs, expected)
  } catch {
    return false
  }
}

function parse(tbs: Uint8Array): TbsCertificate {
  try {
    return readTbs(parseDer(tbs))
  } catch (cause) {
    throw new Error('the certificate fails the lint: well_formed_der [X.690 10, 11]', { cause })
  }
}

/** Checks a to-be-signed certificate (DER) before it is signed. Throws an Error naming every check that fails. */
export function lint(tbsDer: Uint8Array, expected: Expected): void {
  const tbs = parse(tbsDer)
  const failed = CHECKS.filter((check) => !passes(check, tbs, expected))
  if (failed.length === 0) return
  throw new Error(
    `the certificate fails the lint: ${failed.map(({ name, clause }) => `${name} [${clause}]`).join(', ')}`,
  )
}
