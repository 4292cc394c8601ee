import { isIP } from 'node:net'
import { HermesError } from '../errors.js'

export interface TrustDomainOptions {
  readonly trustDomain: string | null
  readonly hostnames: readonly string[]
}

/** The part after @ in `acct:` names, as the configuration has it (pki.md "Hierarchy"). */
export function trustDomainOf({ trustDomain, hostnames }: TrustDomainOptions, rootFingerprint: string): string {
  if (trustDomain !== null) return trustDomain
  const first = hostnames[0]?.toLowerCase()
  if (first !== undefined && first !== 'localhost' && isIP(first) === 0) return first
  return `${rootFingerprint.slice('sha256:'.length, 'sha256:'.length + 16)}.hermes.internal`
}

/** It stands in every certificate, so that it cannot change. Throws `invalid_request`. */
export function requireSameTrustDomain(configured: string, stored: string): void {
  if (configured === stored) return
  throw new HermesError(
    'invalid_request',
    `HERMES_TRUST_DOMAIN: this installation's certificates say ${stored}, the configuration ${configured}; set HERMES_TRUST_DOMAIN=${stored}`,
  )
}
