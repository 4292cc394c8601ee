import { type RevocationColumns, revocationOf } from '../revocation.js'
import { type IssuerKind, kindOf, type RevocationStore } from '../revocation-store.js'
import { type Read, row, rows, type Work } from '../work.js'

interface Row extends RevocationColumns {
  readonly id: number
  readonly notAfter: number
}

const COLUMNS = '"id", "notAfter", "serialNumber", "supersededAt", "revokedAt", "revocationReason"'

/** The statements over the certificates that one kind of CA issued. */
function statements(table: string) {
  return {
    bySerialNumber: `SELECT ${COLUMNS} FROM "${table}" WHERE "serialNumber" = $1 AND "issuer" = $2`,
    // The condition is that of the partial index, word for word.
    page: `
      SELECT ${COLUMNS} FROM "${table}"
      WHERE ("revokedAt" IS NOT NULL OR "supersededAt" IS NOT NULL) AND ("notAfter", "id") > ($1, $2)
        AND "notAfter" >= $3 AND "issuer" = $4
      ORDER BY "notAfter", "id" LIMIT $5`,
    lastSuperseded: `SELECT max("supersededAt") AS "last" FROM "${table}" WHERE "supersededAt" <= $1`,
  }
}

const OF: Readonly<Record<IssuerKind, ReturnType<typeof statements>>> = {
  users: statements('Certificate'),
  servers: statements('ServerCertificate'),
}
const CHANGES = 'SELECT "count" FROM "RevocationChange" WHERE "issuer" = $1'
const LAST_CRL = 'SELECT "number", "issuedAt" FROM "Crl" WHERE "issuer" = $1'

type Reads = Pick<RevocationStore, 'findStatus' | 'listRevoked' | 'revocationState' | 'lastCrl'>

/** What CRLs and OCSP read. */
export function revocationReads(read: Read): Reads {
  return {
    async findStatus(issuer, serialNumber, at) {
      const issued = await read(row<Row>(OF[kindOf(issuer)].bySerialNumber, serialNumber, issuer))
      return issued && { serialNumber, revocation: revocationOf(issued, at) }
    },
    async listRevoked(issuer, { at, unexpiredAt, after, limit }) {
      const from = [new Date(after?.notAfter ?? 0), after?.id ?? 0]
      const page = await read(rows<Row>(OF[kindOf(issuer)].page, ...from, unexpiredAt, issuer, limit))
      const end = page.at(-1)
      return {
        revoked: page.map((one) => revocationOf(one, at)).filter((revoked) => revoked !== null),
        next: end === undefined || page.length < limit ? null : { notAfter: end.notAfter, id: end.id },
      }
    },
    // What another generation revoked counts too, which costs a CRL more at the most.
    revocationState: (issuer, at) => read(revocationState(kindOf(issuer), at)),
    async lastCrl(issuer) {
      const last = await read(row<{ readonly number: number; readonly issuedAt: number }>(LAST_CRL, issuer))
      return last && { number: last.number, issuedAt: new Date(last.issuedAt) }
    },
  }
}

function* revocationState(kind: IssuerKind, at: Date): Work<string> {
  const changes = yield* row<{ readonly count: number }>(CHANGES, kind)
  const superseded = yield* row<{ readonly last: number | null }>(OF[kind].lastSuperseded, at)
  return `${changes?.count} ${superseded?.last}`
}
