import type { Account, IssuedCertificate } from './administration-store.js'
import { toDate, withDates } from './certificate-row.js'
import type { AuthorisedBy, Role } from './records.js'

/** Of a certificate `c` and its user `u`. */
export const ISSUED_COLUMNS = `
  c."id", u."username", c."serialNumber", c."fingerprint", c."notBefore", c."notAfter", c."previous",
  c."authorisedBy", c."supersededAt", c."revokedAt", c."revocationReason"`

export const ACCOUNT_COLUMNS = `
  u."id" AS "userId", u."role", u."createdAt", u."disabledAt", u."deletedAt", u."deletionAt", ${ISSUED_COLUMNS}`

export interface IssuedRow {
  readonly id: number
  readonly username: string
  readonly serialNumber: string
  readonly fingerprint: string
  readonly notBefore: number
  readonly notAfter: number
  readonly previous: string | null
  readonly authorisedBy: AuthorisedBy
  readonly supersededAt: number | null
  readonly revokedAt: number | null
  readonly revocationReason: string | null
}

export interface AccountRow extends IssuedRow {
  readonly userId: number
  readonly role: Role
  readonly createdAt: number
  readonly disabledAt: number | null
  readonly deletedAt: number | null
  readonly deletionAt: number | null
}

export function toAccount(row: AccountRow): Account {
  const { userId, role, createdAt, disabledAt, deletedAt, deletionAt, ...certificate } = row
  return {
    id: userId,
    username: row.username,
    role,
    createdAt: new Date(createdAt),
    disabledAt: toDate(disabledAt),
    deletedAt: toDate(deletedAt),
    deletionAt: toDate(deletionAt),
    certificate: withDates(certificate) satisfies IssuedCertificate,
  }
}
