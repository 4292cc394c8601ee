import type { Authority } from '../pki/authority.js'
import type { CertificateRequest } from '../pki/csr.js'
import { issueUserCertificate } from '../pki/user-certificate.js'
import type { AuthorisedBy, NewCertificate } from '../store/records.js'
import type { IssuerName } from '../store/revocation-store.js'
import type { IdentityPolicy } from './policy.js'

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS

/** A generation of an issuing CA, with its key. */
export interface Issuer extends Authority {
  readonly name: IssuerName
}

export interface IssueDependencies {
  /** The users' CA as it is now; throws `unavailable` when that may issue nothing. */
  readonly authority: () => Issuer
  readonly trustDomain: string
  readonly policy: IdentityPolicy
  readonly now: () => Date
}

/** Signs a certificate by the profile of pki.md; it is nobody's before it is stored. */
export function issueCertificate(
  { authority, trustDomain, policy, now }: IssueDependencies,
  username: string,
  { spki }: CertificateRequest,
  authorisedBy: AuthorisedBy,
): NewCertificate {
  const issuer = authority()
  const at = now().getTime()
  const notBefore = new Date(at - MINUTE_MS)
  const notAfter = new Date(at + policy.certificateDays * DAY_MS)
  const issued = issueUserCertificate(issuer, { username, trustDomain, spki, notBefore, notAfter })
  const { serialNumber, fingerprint, spkiHash, der } = issued
  return {
    serialNumber,
    fingerprint,
    spkiHash,
    der,
    notBefore: issued.notBefore,
    notAfter: issued.notAfter,
    authorisedBy,
    issuer: issuer.name,
  }
}
