import { parseAuthorityCertificate } from '../pki/authority.js'
import { isCrlOf, parseCrl } from '../pki/crl.js'
import { readCrlEntries } from '../pki/crl-entry.js'
import { decodePem } from '../pki/pem.js'
import { VerificationError } from './verification-error.js'

/** A CRL of the pinned root: which of its CAs are none any more. */
export interface RootCrl {
  readonly pem: string
  readonly thisUpdate: Date
  /** [RFC 5280 5.1.2.5] by then there is a newer one. */
  readonly nextUpdate: Date
  /** Serial numbers (upper-case hex), and since when. */
  readonly revoked: ReadonlyMap<string, Date>
}

const LABEL = 'X509 CRL' // [RFC 7468 6]

export const isCrl = (pem: string): boolean => pem.startsWith(`-----BEGIN ${LABEL}-----`)

/** What a CRL of the root says [RFC 5280 5.1]. Throws VerificationError. */
export function readRootCrl(rootPem: string, pem: string): RootCrl {
  try {
    const crl = parseCrl(decodePem(pem, [LABEL]))
    if (!isCrlOf(crl, parseAuthorityCertificate(rootPem))) throw new Error('the pinned root did not sign it')
    const { thisUpdate, nextUpdate, entries } = crl.tbs
    const revoked = readCrlEntries(entries).map(
      ({ serialNumber, revokedAt }) => [serialNumber.toUpperCase(), revokedAt] as const,
    )
    return { pem, thisUpdate, nextUpdate: nextUpdate ?? thisUpdate, revoked: new Map(revoked) }
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : 'unknown'
    throw new VerificationError('certificate_invalid', `the CRL of the root cannot be read: ${why}`, { cause })
  }
}

/** Of those known, what those shown do not say: what the root has revoked stays so, and the newest counts. */
export function stillNeeded(known: readonly RootCrl[], shown: readonly RootCrl[]): readonly RootCrl[] {
  const isSaid = (serial: string) => shown.some(({ revoked }) => revoked.has(serial))
  const isNewest = ({ thisUpdate }: RootCrl) => shown.every((one) => one.thisUpdate < thisUpdate)
  return known.filter((crl) => isNewest(crl) || [...crl.revoked.keys()].some((serial) => !isSaid(serial)))
}

/** Until when the newest of them may be relied on; null where there is none. */
export function nextUpdateOf(crls: readonly RootCrl[]): Date | null {
  const times = crls.map(({ nextUpdate }) => nextUpdate.getTime())
  return times.length === 0 ? null : new Date(Math.max(...times))
}
