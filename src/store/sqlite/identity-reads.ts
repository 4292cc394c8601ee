import type { Database } from 'better-sqlite3'
import { CERTIFICATE_COLUMNS, type CertificateRow, toCertificate } from '../certificate-row.js'
import { IDENTITY, type IdentityRow, NEWEST, toIdentity } from '../identity-row.js'
import type { IdentityStore } from '../identity-store.js'
import type { EscrowRecord } from '../records.js'

type Reads = Pick<
  IdentityStore,
  'findIdentity' | 'findIdentityById' | 'findByFingerprint' | 'findKey' | 'findEscrow' | 'listCertificates'
>

/** What is read of users and certificates, through a connection that only reads. */
export function identityReads(db: Database): Reads {
  const byName = db.prepare<[string], IdentityRow>(
    `${IDENTITY} WHERE u."username" = ? AND u."deletedAt" IS NULL ${NEWEST}`,
  )
  const byId = db.prepare<[number], IdentityRow>(`${IDENTITY} WHERE u."id" = ? ${NEWEST}`)
  const byFingerprint = db.prepare<[string], IdentityRow>(`${IDENTITY} WHERE c."fingerprint" = ?`)
  const key = db.prepare<[string], { userId: number; compromisedAt: number | null }>(
    'SELECT "userId", "compromisedAt" FROM "Key" WHERE "spkiHash" = ?',
  )
  const escrow = db.prepare<[number], EscrowRecord>('SELECT "blob", "spkiHash" FROM "Escrow" WHERE "userId" = ?')
  const certificates = db.prepare<[number], CertificateRow>(
    `SELECT ${CERTIFICATE_COLUMNS} FROM "Certificate" c WHERE c."userId" = ? ORDER BY c."id" DESC`,
  )

  return {
    findIdentity: async (username) => toIdentity(byName.get(username)),
    findIdentityById: async (userId) => toIdentity(byId.get(userId)),
    findByFingerprint: async (fingerprint) => toIdentity(byFingerprint.get(fingerprint)),
    async findKey(spkiHash) {
      const row = key.get(spkiHash)
      return row === undefined ? null : { userId: row.userId, compromised: row.compromisedAt !== null }
    },
    findEscrow: async (userId) => escrow.get(userId) ?? null,
    listCertificates: async (userId) => certificates.all(userId).map(toCertificate),
  }
}
