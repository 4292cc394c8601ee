import type { Database } from 'better-sqlite3'
import type { AccountUpkeep, Departing } from '../account-upkeep.js'
import { CERTIFICATE_COLUMNS } from '../certificate-row.js'
import { answerOf, type NewestRow } from '../changes/renew.js'

const DUE = `SELECT "id" FROM "User" WHERE "deletionAt" <= ? ORDER BY "deletionAt" LIMIT ?`
const DEPARTING = `SELECT "id" AS "userId", "departure" FROM "User" WHERE "departure" IS NOT NULL LIMIT ?`
const IS_RENEWAL = `
  WITH RECURSIVE "line" ("fingerprint", "previous", "authorisedBy") AS (
    SELECT "fingerprint", "previous", "authorisedBy" FROM "Certificate" WHERE "fingerprint" = ?
    UNION ALL
    SELECT c."fingerprint", c."previous", c."authorisedBy" FROM "Certificate" c
    JOIN "line" l ON c."fingerprint" = l."previous" WHERE l."authorisedBy" = 'key')
  SELECT 1 FROM "line" WHERE "fingerprint" = ? LIMIT 1`

const NEWEST_OF = `
  SELECT ${CERTIFICATE_COLUMNS}, c."requestHash" FROM "Certificate" c
  WHERE c."userId" = (SELECT "userId" FROM "Certificate" WHERE "fingerprint" = ?) ORDER BY c."id" DESC LIMIT 1`

/** What the upkeep of accounts reads, through a connection that only reads. */
export function accountReads(
  db: Database,
): Pick<AccountUpkeep, 'findRenewal' | 'findDueDeletions' | 'findDeparting' | 'isRenewalOf'> {
  const due = db.prepare<[number, number], number>(DUE).pluck()
  const departing = db.prepare<[number], Departing>(DEPARTING)
  const newest = db.prepare<[string], NewestRow>(NEWEST_OF)
  const isRenewal = db.prepare<[string, string], number>(IS_RENEWAL).pluck()

  return {
    async findRenewal(request) {
      const row = newest.get(request.fingerprint)
      return row === undefined ? null : answerOf(row, request)
    },
    findDueDeletions: async (at, limit) => due.all(at.getTime(), limit),
    findDeparting: async (limit) => departing.all(limit),
    isRenewalOf: async (fingerprint, earlier) => isRenewal.get(fingerprint, earlier) !== undefined,
  }
}
