import type { Database } from 'better-sqlite3'
import { chargesOf } from '../charges.js'
import type { NewConversation } from '../event-log.js'
import { type Quota, QuotaError, type Quotas } from '../quotas.js'
import type { StoredInvitation } from '../records.js'
import type { PackedAppend } from './packed-batch.js'
import { usageWriter } from './usage.js'

const HOUR_MS = 3600 * 1000

// Each count ends one past the limit, so that it costs no more for who has more than he may.
const STARTS = `
  SELECT count(*) FROM (SELECT 1 FROM "Conversation" WHERE "createdBy" = ? AND "createdAt" > ? AND "createdAt" <= ? LIMIT ?)`
const OPEN_INVITATIONS = `
  SELECT count(*) FROM (SELECT 1 FROM "Invitation" WHERE "inviterId" = ? AND "endedSeq" IS NULL LIMIT ?)`
const OPEN_INVITATIONS_TO_ONE = `
  SELECT count(*) FROM (
    SELECT 1 FROM "Invitation" WHERE "inviterId" = ? AND "inviteeId" = ? AND "endedSeq" IS NULL LIMIT ?)`
const MEMBERSHIPS = `
  SELECT count(*) FROM (SELECT 1 FROM "Participant" WHERE "userId" = ? AND "toSeq" IS NULL LIMIT ?)`

/** Holds appends against the quotas inside the transaction of its caller; throws QuotaError at the first beyond one. */
export interface QuotaGuard {
  /** Counts the bytes of appends as stored by their senders, once for each sender. */
  charge(appends: readonly PackedAppend[]): void
  /** Counts what an append began; it is written already. */
  check(append: PackedAppend): void
}

export function quotaGuard(db: Database, quotas: Quotas): QuotaGuard {
  const starts = db.prepare<[number, number, number, number], number>(STARTS).pluck()
  const openInvitations = db.prepare<[number, number], number>(OPEN_INVITATIONS).pluck()
  const openInvitationsToOne = db.prepare<[number, number, number], number>(OPEN_INVITATIONS_TO_ONE).pluck()
  const memberships = db.prepare<[number, number], number>(MEMBERSHIPS).pluck()
  const usage = usageWriter(db)

  const hold = (quota: Quota, count: (enough: number) => number | undefined) => {
    const limit = quotas[quota]
    if (limit !== 0 && (count(limit + 1) ?? 0) > limit) throw new QuotaError(quota, limit)
  }

  // Those that begin later than now were made before the clock was set back, who knows when.
  const holdStarts = ({ createdBy, createdAt }: NewConversation) =>
    hold('startsPerHour', (enough) => starts.get(createdBy, createdAt - HOUR_MS, createdAt, enough))

  const checkInvitation = ({ inviter, invitee }: StoredInvitation) => {
    hold('openInvitationsMax', (enough) => openInvitations.get(inviter.userId, enough))
    hold('openInvitationsToOneMax', (enough) => openInvitationsToOne.get(inviter.userId, invitee.userId, enough))
  }

  const addBytes = (userId: number, bytes: number) => {
    // Counted without a limit too: one may be set later.
    const limit = quotas.storedBytesMax === 0 ? Number.MAX_SAFE_INTEGER : quotas.storedBytesMax
    if (!usage.add(userId, bytes, limit)) throw new QuotaError('storedBytesMax', limit)
  }

  return {
    charge(appends) {
      for (const [userId, bytes] of chargesOf(appends)) addBytes(userId, bytes)
    },
    check(append) {
      const { extras, expectedSeq } = append
      if (extras === null) return
      usage.note(append)
      const { created, invitations, stays } = extras
      if (created !== null) holdStarts(created)
      // What began before this append is not refused for a limit that was set, or reached, since.
      for (const invitation of invitations)
        if (invitation.endedSeq === null && invitation.invitedSeq > expectedSeq) checkInvitation(invitation)
      for (const stay of stays)
        if (stay.toSeq === null && stay.fromSeq > expectedSeq)
          hold('membershipsMax', (enough) => memberships.get(stay.userId, enough))
    },
  }
}
