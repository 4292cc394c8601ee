import type { AuthorityRecord, AuthorityStore } from '../authority-store.js'
import { toDate } from '../certificate-row.js'
import { type IssuerKind, kindOf } from '../revocation-store.js'
import { type Read, row, rows } from '../work.js'

interface Row extends Pick<AuthorityRecord, 'name' | 'fingerprint'> {
  readonly revokedAt: number | null
  readonly retiredAt: number | null
}

const ALL = 'SELECT "name", "fingerprint", "revokedAt", "retiredAt" FROM "Authority" ORDER BY "name"'
const ROOT_CRL = `SELECT "number" FROM "Crl" WHERE "issuer" = 'root'`
const end = (table: string) => `SELECT max("notAfter") AS "end" FROM "${table}" WHERE "issuer" = $1`
const ENDS: Readonly<Record<IssuerKind, string>> = { users: end('Certificate'), servers: end('ServerCertificate') }

/** What is read of the issuing CAs. */
export function authorityReads(read: Read): Pick<AuthorityStore, 'listAuthorities' | 'rootCrlNumber' | 'lastEnd'> {
  return {
    async listAuthorities() {
      const authorities = await read(rows<Row>(ALL))
      return authorities.map((one) => ({
        ...one,
        revokedAt: toDate(one.revokedAt),
        retiredAt: toDate(one.retiredAt),
      }))
    },
    async rootCrlNumber() {
      return (await read(row<{ readonly number: number }>(ROOT_CRL)))?.number ?? null
    },
    async lastEnd(issuer) {
      const last = await read(row<{ readonly end: number | null }>(ENDS[kindOf(issuer)], issuer))
      return toDate(last?.end ?? null)
    },
  }
}
