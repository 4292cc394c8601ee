import type { Append } from '../../event-log.js'
import { type Quota, QuotaError, type Quotas } from '../../quotas.js'
import type { Parameter } from '../statements.js'
import { isNew } from './append-rows.js'
import { newStays } from './locks.js'
import type { Transaction } from './transaction.js'

const HOUR_MS = 3600 * 1000

// Each count ends one past the limit, so that it costs no more for who has more than he may.
const count = (table: string, condition: string, limit: string) =>
  `SELECT count(*) AS "count" FROM (SELECT 1 FROM "${table}" WHERE ${condition} LIMIT ${limit}) AS "some"`
const STARTS = count('Conversation', '"createdBy" = $1 AND "createdAt" > $2 AND "createdAt" <= $3', '$4')
const OPEN_INVITATIONS = count('Invitation', '"inviterId" = $1 AND "endedSeq" IS NULL', '$2')
const OPEN_INVITATIONS_TO_ONE = count(
  'Invitation',
  '"inviterId" = $1 AND "inviteeId" = $2 AND "endedSeq" IS NULL',
  '$3',
)
const MEMBERSHIPS = count('Participant', '"userId" = $1 AND "toSeq" IS NULL', '$2')

/** Holds what an append began, and wrote, against the quotas; rejects with QuotaError at the first beyond one. */
export async function holdCounts(transaction: Transaction, quotas: Quotas, append: Append): Promise<void> {
  const hold = async (quota: Quota, sql: string, ...values: readonly Parameter[]) => {
    const limit = quotas[quota]
    if (limit === 0) return
    const [row] = await transaction.ask<{ count: number }>(sql, ...values, limit + 1)
    if ((row?.count ?? 0) > limit) throw new QuotaError(quota, limit)
  }
  const { conversation, expectedSeq } = append
  // Those that begin later than now were made before the clock was set back, who knows when.
  if (isNew(append) && typeof conversation !== 'number') {
    const { createdBy, createdAt } = conversation
    await hold('startsPerHour', STARTS, createdBy, new Date(createdAt - HOUR_MS), new Date(createdAt))
  }
  // What began before this append is not refused for a limit that was set, or reached, since.
  for (const { inviter, invitee, endedSeq, invitedSeq } of append.invitations) {
    if (endedSeq !== null || invitedSeq <= expectedSeq) continue
    await hold('openInvitationsMax', OPEN_INVITATIONS, inviter.userId)
    await hold('openInvitationsToOneMax', OPEN_INVITATIONS_TO_ONE, inviter.userId, invitee.userId)
  }
  for (const stay of newStays(append)) if (stay.toSeq === null) await hold('membershipsMax', MEMBERSHIPS, stay.userId)
}
