import type { Database } from 'better-sqlite3'
import { type RevocationColumns, revocationOf } from '../revocation.js'
import {
  type CrlRecord,
  type IssuerKind,
  type IssuerName,
  kindOf,
  type NewServerCertificate,
  type RevocationStore,
} from '../revocation-store.js'
import type { PrismaWriter, Transaction } from './prisma.js'

interface Row extends RevocationColumns {
  readonly id: number
  readonly notAfter: number
}

const TABLES: Readonly<Record<IssuerKind, string>> = { users: 'Certificate', servers: 'ServerCertificate' }
const COLUMNS = '"id", "notAfter", "serialNumber", "supersededAt", "revokedAt", "revocationReason"'

/** The statements over the certificates that one kind of CA issued. */
function statements(db: Database, kind: IssuerKind) {
  const table = TABLES[kind]
  return {
    bySerialNumber: db.prepare<[string, string], Row>(
      `SELECT ${COLUMNS} FROM "${table}" WHERE "serialNumber" = ? AND "issuer" = ?`,
    ),
    // The condition is that of the partial index, word for word.
    page: db.prepare<[number, number, number, string, number], Row>(`
      SELECT ${COLUMNS} FROM "${table}"
      WHERE ("revokedAt" IS NOT NULL OR "supersededAt" IS NOT NULL) AND ("notAfter", "id") > (?, ?) AND "notAfter" >= ?
        AND "issuer" = ?
      ORDER BY "notAfter", "id" LIMIT ?`),
    lastSuperseded: db
      .prepare<[number], number | null>(`SELECT max("supersededAt") FROM "${table}" WHERE "supersededAt" <= ?`)
      .pluck(),
  }
}

/** What CRLs and OCSP read, through a connection that only reads, and the little that they write. */
export function sqliteRevocations(db: Database, writer: PrismaWriter): RevocationStore {
  const of = { users: statements(db, 'users'), servers: statements(db, 'servers') }
  const changes = db.prepare<[string], number>('SELECT "count" FROM "RevocationChange" WHERE "issuer" = ?').pluck()
  const last = db.prepare<[string], { number: number; issuedAt: number }>(
    'SELECT "number", "issuedAt" FROM "Crl" WHERE "issuer" = ?',
  )

  return {
    async findStatus(issuer, serialNumber, at) {
      const row = of[kindOf(issuer)].bySerialNumber.get(serialNumber, issuer)
      return row === undefined ? null : { serialNumber, revocation: revocationOf(row, at) }
    },
    async listRevoked(issuer, { at, unexpiredAt, after, limit }) {
      const from = after ?? { notAfter: Number.MIN_SAFE_INTEGER, id: 0 }
      const rows = of[kindOf(issuer)].page.all(from.notAfter, from.id, unexpiredAt.getTime(), issuer, limit)
      const end = rows.at(-1)
      return {
        revoked: rows.map((row) => revocationOf(row, at)).filter((revoked) => revoked !== null),
        next: end === undefined || rows.length < limit ? null : { notAfter: end.notAfter, id: end.id },
      }
    },
    async revocationState(issuer, at) {
      // What another generation revoked counts too, which costs a CRL more at the most.
      const kind = kindOf(issuer)
      return `${changes.get(kind)} ${of[kind].lastSuperseded.get(at.getTime())}`
    },
    async lastCrl(issuer) {
      const row = last.get(issuer)
      return row === undefined ? null : { number: row.number, issuedAt: new Date(row.issuedAt) }
    },
    recordCrl: (issuer, crl) => writer.write((transaction) => recordCrl(transaction, issuer, crl)),
    async recordServerCertificate(certificate) {
      if (of.servers.bySerialNumber.get(certificate.serialNumber, certificate.issuer) !== undefined) return
      await writer.write((transaction) => recordServerCertificate(transaction, certificate))
    },
  }
}

async function recordCrl(
  transaction: Transaction,
  issuer: IssuerName,
  { number, issuedAt }: CrlRecord,
): Promise<boolean> {
  const stored = await transaction.crl.findUnique({ where: { issuer } })
  if (stored !== null && stored.number >= number) return false
  const data = { number: BigInt(number), issuedAt }
  await transaction.crl.upsert({ where: { issuer }, create: { issuer, ...data }, update: data })
  return true
}

async function recordServerCertificate(
  transaction: Transaction,
  { serialNumber, fingerprint, notBefore, notAfter, issuer }: NewServerCertificate,
): Promise<void> {
  const data = { serialNumber, fingerprint, notBefore, notAfter, issuer }
  await transaction.serverCertificate.upsert({ where: { serialNumber }, create: data, update: {} })
}
