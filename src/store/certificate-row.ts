import type { AuthorisedBy, CertificateRecord } from './records.js'
import type { IssuerName } from './revocation-store.js'

/** What is read of a certificate `c`. */
export const CERTIFICATE_COLUMNS = `
  c."serialNumber", c."userId", c."fingerprint", c."spkiHash", c."der", c."notBefore", c."notAfter", c."previous",
  c."authorisedBy", c."supersededAt", c."revokedAt", c."revocationReason", c."issuer"`

/** Times in milliseconds since the epoch of Unix. */
export interface CertificateRow {
  readonly serialNumber: string
  readonly userId: number
  readonly fingerprint: string
  readonly spkiHash: string
  readonly der: Uint8Array
  readonly notBefore: number
  readonly notAfter: number
  readonly previous: string | null
  readonly authorisedBy: AuthorisedBy
  readonly supersededAt: number | null
  readonly revokedAt: number | null
  readonly revocationReason: string | null
  readonly issuer: IssuerName
}

type TimeColumns = Pick<CertificateRow, 'notBefore' | 'notAfter' | 'supersededAt' | 'revokedAt'>

export const toCertificate = (row: CertificateRow): CertificateRecord => withDates(row)

/** The same row with its times as dates. */
export function withDates<R extends TimeColumns>(row: R) {
  return {
    ...row,
    notBefore: new Date(row.notBefore),
    notAfter: new Date(row.notAfter),
    supersededAt: toDate(row.supersededAt),
    revokedAt: toDate(row.revokedAt),
  }
}

export function toDate(milliseconds: number | null): Date | null {
  return milliseconds === null ? null : new Date(milliseconds)
}
