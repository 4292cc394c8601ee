import { HermesError } from '../../errors.js'
import type { CertificateRecord, EscrowRecord, NewCertificate, RevocationReason } from '../records.js'
import type { IssuerName } from '../revocation-store.js'
import { ROW_LOCK, row, rows, run, type Value, type Work } from '../work.js'

/** What a certificate is stored with beside itself. */
export interface Provenance {
  readonly previous: string | null
  readonly requestHash: string | null
}

/** Stores a certificate, whose key must be nobody else's and not barred. */
export function* insertCertificate(
  userId: number,
  certificate: NewCertificate,
  { previous, requestHash }: Provenance = { previous: null, requestHash: null },
): Work<CertificateRecord> {
  const { serialNumber, fingerprint, spkiHash, der, notBefore, notAfter, authorisedBy, issuer } = certificate
  yield* claimKey(spkiHash, userId)
  yield* requireGoodIssuer(issuer)
  yield* run(
    `INSERT INTO "Certificate"
      ("serialNumber", "userId", "fingerprint", "spkiHash", "der", "notBefore", "notAfter", "authorisedBy", "previous",
        "requestHash", "issuer")
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
    ...[serialNumber, userId, fingerprint, spkiHash, der, notBefore, notAfter, authorisedBy, previous],
    ...[requestHash, issuer],
  )
  return { ...certificate, userId, previous, supersededAt: null, revokedAt: null, revocationReason: null }
}

/** What was signed before its CA was revoked may come to be stored after: it would never be revoked. */
function* requireGoodIssuer(name: IssuerName): Work<void> {
  const issuer = yield* row<{ readonly isOver: number | boolean }>(
    `SELECT "revokedAt" IS NOT NULL OR "retiredAt" IS NOT NULL AS "isOver" FROM "Authority" WHERE "name" = $1 ${ROW_LOCK}`,
    name,
  )
  if (issuer?.isOver)
    throw new HermesError(
      'unavailable',
      'The CA that signed the certificate was revoked or retired meanwhile: try again',
    )
}

interface Key {
  readonly userId: number
  readonly compromisedAt: number | null
}

function* claimKey(spkiHash: string, userId: number): Work<void> {
  yield* run('INSERT INTO "Key" ("spkiHash", "userId") VALUES ($1, $2) ON CONFLICT DO NOTHING', spkiHash, userId)
  const key = yield* row<Key>('SELECT "userId", "compromisedAt" FROM "Key" WHERE "spkiHash" = $1', spkiHash)
  if (key?.userId !== userId) throw keyRefused('belongs to another user')
  if (key.compromisedAt !== null) throw keyRefused('was revoked as compromised')
}

function keyRefused(why: string): HermesError {
  return new HermesError('csr_rejected', `The certificate request is refused: its key ${why}; make a new one`)
}

/** Keeps a locked key with the certificate it belongs to: a given one replaces any, and one of another key goes. */
export function* settleEscrow(
  userId: number,
  { spkiHash, blob }: Omit<EscrowRecord, 'blob'> & { readonly blob: string | null },
): Work<void> {
  if (blob === null) yield* run('DELETE FROM "Escrow" WHERE "userId" = $1 AND "spkiHash" <> $2', userId, spkiHash)
  else yield* storeEscrow(userId, { spkiHash, blob })
}

export function* storeEscrow(userId: number, { blob, spkiHash }: EscrowRecord): Work<void> {
  yield* run(
    `INSERT INTO "Escrow" ("userId", "blob", "spkiHash") VALUES ($1, $2, $3)
      ON CONFLICT ("userId") DO UPDATE SET "blob" = excluded."blob", "spkiHash" = excluded."spkiHash"`,
    ...[userId, blob, spkiHash],
  )
}

/** Which certificates: named by a column that has an index. */
export interface Which {
  readonly column: 'id' | 'userId' | 'spkiHash'
  readonly value: number | string
  /** Only those that end later. */
  readonly endingAfter?: Date
}

/**
 * Revokes those that are not revoked, or superseded, already: what was revoked before keeps its date and reason.
 * Answers the serial numbers of the others.
 */
export function* revokeWhere(
  { column, value, endingAfter }: Which,
  reason: RevocationReason,
  at: Date,
): Work<readonly string[]> {
  const values: Value[] = [at, reason, value, at]
  if (endingAfter !== undefined) values.push(endingAfter)
  const revoked = yield* rows<{ readonly serialNumber: string }>(
    `UPDATE "Certificate" SET "revokedAt" = $1, "revocationReason" = $2
      WHERE "${column}" = $3 AND "revokedAt" IS NULL AND ("supersededAt" IS NULL OR "supersededAt" > $4)
        ${endingAfter === undefined ? '' : 'AND "notAfter" > $5'}
      RETURNING "serialNumber"`,
    ...values,
  )
  return revoked.map(({ serialNumber }) => serialNumber)
}

/** Whether a key is barred for good. */
export function* isBarred(spkiHash: string): Work<boolean> {
  const barred = yield* row('SELECT 1 FROM "Key" WHERE "spkiHash" = $1 AND "compromisedAt" IS NOT NULL', spkiHash)
  return barred !== null
}

/** Bars a key for good, and revokes every certificate of it that has not ended; answers as `revokeWhere`. */
export function* barKey(spkiHash: string, at: Date): Work<readonly string[]> {
  yield* run('UPDATE "Key" SET "compromisedAt" = $1 WHERE "spkiHash" = $2 AND "compromisedAt" IS NULL', at, spkiHash)
  return yield* revokeWhere({ column: 'spkiHash', value: spkiHash, endingAfter: at }, 'keyCompromise', at)
}

/** The same for every key of a user that has a certificate which has not ended, and that of his newest. */
export function* barKeysInUse(userId: number, at: Date): Work<readonly string[]> {
  const keys = yield* rows<{ readonly spkiHash: string }>(
    `SELECT DISTINCT "spkiHash" FROM "Certificate"
      WHERE "userId" = $1 AND ("notAfter" > $2 OR "id" = (SELECT max("id") FROM "Certificate" WHERE "userId" = $3))`,
    ...[userId, at, userId],
  )
  const revoked: string[] = []
  for (const { spkiHash } of keys) revoked.push(...(yield* barKey(spkiHash, at)))
  return revoked
}
