import type { Database } from 'better-sqlite3'
import type { AuthorityRecord, AuthorityStore } from '../authority-store.js'
import { toDate } from '../certificate-row.js'
import type { MakeChange } from '../changes/changes.js'
import { type IssuerKind, kindOf } from '../revocation-store.js'

interface Row extends Pick<AuthorityRecord, 'name' | 'fingerprint'> {
  readonly revokedAt: number | null
  readonly retiredAt: number | null
}

/** The issuing CAs: reads on `reader`; whatever changes them is made by `make`. */
export function sqliteAuthorities(reader: Database, make: MakeChange): AuthorityStore {
  const all = reader.prepare<[], Row>(
    'SELECT "name", "fingerprint", "revokedAt", "retiredAt" FROM "Authority" ORDER BY "name"',
  )
  const end = (table: string) =>
    reader.prepare<[string], number | null>(`SELECT max("notAfter") FROM "${table}" WHERE "issuer" = ?`).pluck()
  const ends: Readonly<Record<IssuerKind, ReturnType<typeof end>>> = {
    users: end('Certificate'),
    servers: end('ServerCertificate'),
  }

  return {
    listAuthorities: async () =>
      all.all().map((row) => ({ ...row, revokedAt: toDate(row.revokedAt), retiredAt: toDate(row.retiredAt) })),
    lastEnd: async (issuer) => toDate(ends[kindOf(issuer)].get(issuer) ?? null),
    settleAuthorities: (settlement) => make('settleAuthorities', settlement),
    retireAuthority: (retirement) => make('retireAuthority', retirement),
    revokeServerCertificates: (revocation) => make('revokeServerCertificates', revocation),
  }
}
