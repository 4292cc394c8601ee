import { CERTIFICATE_COLUMNS, type CertificateRow, toCertificate, toDate } from './certificate-row.js'
import type { Departure, IdentityRecord, Role } from './records.js'

export const IDENTITY = `
  SELECT u."username", u."passwordHash", u."role", u."disabledAt", u."deletedAt", u."deletionAt", u."departure",
    ${CERTIFICATE_COLUMNS}
  FROM "User" u JOIN "Certificate" c ON c."userId" = u."id"`

export const NEWEST = 'ORDER BY c."id" DESC LIMIT 1'

export interface IdentityRow extends CertificateRow {
  readonly username: string
  readonly passwordHash: string
  readonly role: Role
  readonly disabledAt: number | null
  readonly deletedAt: number | null
  readonly deletionAt: number | null
  readonly departure: Departure | null
}

export function toIdentity(row: IdentityRow | null): IdentityRecord | null {
  if (row === null) return null
  const { username, passwordHash, role, disabledAt, deletedAt, deletionAt, departure, ...certificate } = row
  return {
    user: {
      id: row.userId,
      username,
      passwordHash,
      role,
      disabledAt: toDate(disabledAt),
      deletedAt: toDate(deletedAt),
      deletionAt: toDate(deletionAt),
      departure,
    },
    certificate: toCertificate(certificate),
  }
}
