import type { Database } from 'better-sqlite3'
import { RevokedError } from '../append-refusals.js'
import type { StoredMember } from '../records.js'

const IS_REVOKED = `SELECT 1 FROM "Certificate" WHERE "fingerprint" = ? AND "revokedAt" IS NOT NULL`

/**
 * Refuses, inside the transaction of its caller, that a stay begins under a revoked certificate. Here alone it is
 * certain: whoever revokes all certificates of a user finds every stay under one of them afterwards.
 */
export function stayGuard(db: Database): (stay: StoredMember) => void {
  const isRevoked = db.prepare<[string], number>(IS_REVOKED).pluck()
  return ({ fingerprint }) => {
    if (isRevoked.get(fingerprint) !== undefined) throw new RevokedError()
  }
}
