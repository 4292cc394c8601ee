import { CERTIFICATE_COLUMNS, type CertificateRow, toCertificate } from '../certificate-row.js'
import { IDENTITY, type IdentityRow, NEWEST, toIdentity } from '../identity-row.js'
import type { IdentityStore } from '../identity-store.js'
import type { EscrowRecord } from '../records.js'
import { type Read, row, rows } from '../work.js'

type Reads = Pick<
  IdentityStore,
  'findIdentity' | 'findIdentityById' | 'findByFingerprint' | 'findKey' | 'findEscrow' | 'listCertificates'
>

const BY_NAME = `${IDENTITY} WHERE u."username" = $1 AND u."deletedAt" IS NULL ${NEWEST}`
const BY_ID = `${IDENTITY} WHERE u."id" = $1 ${NEWEST}`
const BY_FINGERPRINT = `${IDENTITY} WHERE c."fingerprint" = $1`
const KEY = 'SELECT "userId", "compromisedAt" FROM "Key" WHERE "spkiHash" = $1'
const ESCROW = 'SELECT "blob", "spkiHash" FROM "Escrow" WHERE "userId" = $1'
const CERTIFICATES = `SELECT ${CERTIFICATE_COLUMNS} FROM "Certificate" c WHERE c."userId" = $1 ORDER BY c."id" DESC`

interface KeyRow {
  readonly userId: number
  readonly compromisedAt: number | null
}

/** What is read of users and certificates. */
export function identityReads(read: Read): Reads {
  const identity = async (sql: string, value: string | number) => toIdentity(await read(row<IdentityRow>(sql, value)))
  return {
    findIdentity: (username) => identity(BY_NAME, username),
    findIdentityById: (userId) => identity(BY_ID, userId),
    findByFingerprint: (fingerprint) => identity(BY_FINGERPRINT, fingerprint),
    async findKey(spkiHash) {
      const key = await read(row<KeyRow>(KEY, spkiHash))
      return key && { userId: key.userId, compromised: key.compromisedAt !== null }
    },
    findEscrow: (userId) => read(row<EscrowRecord>(ESCROW, userId)),
    listCertificates: async (userId) => (await read(rows<CertificateRow>(CERTIFICATES, userId))).map(toCertificate),
  }
}
