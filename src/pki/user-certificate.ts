import type { Authority } from './authority.js'
import { accountName } from './general-names.js'
import { type IssuedCertificate, issueLeaf } from './issue.js'

/** Whom to certify, and for how long. */
export interface UserCertificateRequest {
  readonly username: string
  readonly trustDomain: string
  /** DER of SubjectPublicKeyInfo, from a request that passed the policy. */
  readonly spki: Uint8Array
  /** 36 hex digits, the first two 01 to 7f; made here when absent. */
  readonly serialNumber?: string
  readonly notBefore: Date
  /** Cut to the issuer's. */
  readonly notAfter: Date
}

/** Issues a user certificate by the profile of pki.md. Throws when what is to be signed fails the lint. */
export function issueUserCertificate(authority: Authority, request: UserCertificateRequest): IssuedCertificate {
  return issueLeaf(authority, {
    profile: 'user',
    commonName: request.username,
    names: accountName(request.username, request.trustDomain),
    spki: request.spki,
    serialNumber: request.serialNumber,
    notBefore: request.notBefore,
    notAfter: request.notAfter,
  })
}
