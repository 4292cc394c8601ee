import type { CrlRecord, IssuerName } from '../revocation-store.js'
import { row, type Work } from '../work.js'

/** Of an issuing CA, or of the root. */
export interface IssuedCrl extends CrlRecord {
  readonly issuer: IssuerName | 'root'
}

/** False, and nothing stored, where a CRL of that number or a greater one was made. */
export function* recordCrl({ issuer, number, issuedAt }: IssuedCrl): Work<boolean> {
  const recorded = yield* row(
    `INSERT INTO "Crl" ("issuer", "number", "issuedAt") VALUES ($1, $2, $3)
      ON CONFLICT ("issuer") DO UPDATE SET "number" = excluded."number", "issuedAt" = excluded."issuedAt"
      WHERE "Crl"."number" < excluded."number" RETURNING "issuer"`,
    ...[issuer, number, issuedAt],
  )
  return recorded !== null
}
