import type { AccountUpkeep, Departing } from '../account-upkeep.js'
import { CERTIFICATE_COLUMNS } from '../certificate-row.js'
import { answerOf, type NewestRow } from '../changes/renew.js'
import { type Read, row, rows } from '../work.js'

const DUE = `SELECT "id" FROM "User" WHERE "deletionAt" <= $1 ORDER BY "deletionAt" LIMIT $2`
const DEPARTING = `SELECT "id" AS "userId", "departure" FROM "User" WHERE "departure" IS NOT NULL LIMIT $1`
const IS_RENEWAL = `
  WITH RECURSIVE "line" ("fingerprint", "previous", "authorisedBy") AS (
    SELECT "fingerprint", "previous", "authorisedBy" FROM "Certificate" WHERE "fingerprint" = $1
    UNION ALL
    SELECT c."fingerprint", c."previous", c."authorisedBy" FROM "Certificate" c
    JOIN "line" l ON c."fingerprint" = l."previous" WHERE l."authorisedBy" = 'key')
  SELECT 1 FROM "line" WHERE "fingerprint" = $2 LIMIT 1`

const NEWEST_OF = `
  SELECT ${CERTIFICATE_COLUMNS}, c."requestHash" FROM "Certificate" c
  WHERE c."userId" = (SELECT "userId" FROM "Certificate" WHERE "fingerprint" = $1) ORDER BY c."id" DESC LIMIT 1`

/** What the upkeep of accounts reads. */
export function upkeepReads(
  read: Read,
): Pick<AccountUpkeep, 'findRenewal' | 'findDueDeletions' | 'findDeparting' | 'isRenewalOf'> {
  return {
    async findRenewal(request) {
      const newest = await read(row<NewestRow>(NEWEST_OF, request.fingerprint))
      return newest && answerOf(newest, request)
    },
    findDueDeletions: async (dueBy, limit) =>
      (await read(rows<{ readonly id: number }>(DUE, dueBy, limit))).map(({ id }) => id),
    findDeparting: (limit) => read(rows<Departing>(DEPARTING, limit)),
    isRenewalOf: async (fingerprint, earlier) => (await read(row(IS_RENEWAL, fingerprint, earlier))) !== null,
  }
}
