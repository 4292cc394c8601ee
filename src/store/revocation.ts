import type { RevokedCertificate } from './revocation-store.js'

/** Columns of a certificate, times in milliseconds. */
export interface RevocationColumns {
  readonly serialNumber: string
  readonly supersededAt: number | null
  readonly revokedAt: number | null
  readonly revocationReason: string | null
}

/** What a certificate's columns say as of `at`: null when it is not revoked. */
export function revocationOf(columns: RevocationColumns, at: Date): RevokedCertificate | null {
  const { serialNumber, supersededAt, revokedAt, revocationReason } = columns
  const superseded = supersededAt !== null && supersededAt <= at.getTime() ? supersededAt : null
  if (revokedAt === null)
    return superseded === null ? null : { serialNumber, revokedAt: new Date(superseded), reason: 'superseded' }
  const since = superseded === null ? revokedAt : Math.min(superseded, revokedAt)
  return { serialNumber, revokedAt: new Date(since), reason: revocationReason }
}
