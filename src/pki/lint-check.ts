import type { TbsCertificate } from './certificate.js'
import { TAG } from './der.js'
import type { Publication } from './publication.js'
import type { SignatureAlgorithm } from './signature-algorithm.js'

export type Profile = 'user' | 'server' | 'authority'

/** What the certificate ought to be. */
export interface Expected {
  readonly profile: Profile
  /** `keyIdentifier` is null for a certificate that signs itself. */
  readonly issuer: {
    readonly subject: Uint8Array
    readonly keyIdentifier: Uint8Array | null
    readonly notAfter: Date
    readonly publication: Publication | null
  }
  readonly algorithm: SignatureAlgorithm
  readonly spki: Uint8Array
  readonly commonName: string
  /** The one extended key usage; null where there is none. */
  readonly purpose: string | null
  /** DER of the GeneralNames; null where there are none. */
  readonly names: Uint8Array | null
}

/** A named rule. `clause` says where it stands. A check that throws has failed. */
export interface Check<Subject = TbsCertificate, Wanted = Expected> {
  readonly name: string
  readonly clause: string
  passes(subject: Subject, expected: Wanted): boolean
}

function passes<Subject, Wanted>(check: Check<Subject, Wanted>, subject: Subject, expected: Wanted): boolean {
  try {
    return check.passes(subject, expected)
  } catch {
    return false
  }
}

/** Throws an Error naming every check that fails; `what` is the subject's name in it. */
export function requireChecks<Subject, Wanted>(
  what: string,
  checks: readonly Check<Subject, Wanted>[],
  subject: Subject,
  expected: Wanted,
): void {
  const failed = checks.filter((check) => !passes(check, subject, expected))
  if (failed.length === 0) return
  throw new Error(`${what} fails the lint: ${failed.map(({ name, clause }) => `${name} [${clause}]`).join(', ')}`)
}

export const equal = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0

const YEAR_2050 = Date.UTC(2050, 0, 1)

/** Whether a time is UTCTime to the end of 2049 and GeneralizedTime from then on. */
export function isTimeTagRight(date: Date, tag: number | undefined): boolean {
  return tag === (date.getTime() < YEAR_2050 ? TAG.utcTime : TAG.generalizedTime)
}
