import type { Authority } from './authority.js'
import { hostNames } from './general-names.js'
import { type IssuedCertificate, issueLeaf } from './issue.js'

const HOUR = 3_600_000
/** 90 days. */
export const SERVER_LIFE_MS = 90 * 86_400_000
/** ub-common-name [RFC 5280 A.1] */
const COMMON_NAME_MAX = 64

export interface ServerCertificateRequest {
  /** DNS names and IP addresses, at least one. */
  readonly hostnames: readonly string[]
  /** DER of SubjectPublicKeyInfo. */
  readonly spki: Uint8Array
  readonly now: Date
  /** From `now`, never past the end of the authority; by default SERVER_LIFE_MS. */
  readonly lifeMs?: number | undefined
}

/** Issues a TLS server certificate. Throws an Error naming the first host name that is none. */
export function issueServerCertificate(authority: Authority, request: ServerCertificateRequest): IssuedCertificate {
  const { hostnames, spki, now, lifeMs = SERVER_LIFE_MS } = request
  return issueLeaf(authority, {
    profile: 'server',
    commonName: hostnames.find(({ length }) => length <= COMMON_NAME_MAX) ?? 'Hermes Server',
    names: hostNames(hostnames),
    spki,
    // Clients' clocks differ, and this one may be set back; two thirds of a short life are still ahead.
    notBefore: new Date(now.getTime() - Math.min(HOUR, lifeMs)),
    notAfter: new Date(now.getTime() + lifeMs),
  })
}
