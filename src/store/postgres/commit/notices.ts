import type { CursorMove } from '../../commit/batch.js'
import type { StoredInvitation } from '../../records.js'
import type { Transaction } from './transaction.js'

const TELL = `
  INSERT INTO "Notice" ("deviceId", "eventId", "invitationId")
  SELECT d."id", e."id", $1
  FROM "Device" d JOIN "Event" e ON e."conversationId" = $2 AND e."seq" = $3
  WHERE d."userId" = $4`

const TELL_OPEN = `
  INSERT INTO "Notice" ("deviceId", "eventId", "invitationId")
  SELECT $1, e."id", i."id"
  FROM "Invitation" i JOIN "Event" e ON e."conversationId" = i."conversationId" AND e."seq" = i."invitedSeq"
  WHERE i."inviteeId" = $2 AND i."endedSeq" IS NULL`

const WITHDRAW = `
  DELETE FROM "Notice"
  WHERE "deviceId" IN (SELECT "id" FROM "Device" WHERE "userId" = $1)
    AND "eventId" = (SELECT "id" FROM "Event" WHERE "conversationId" = $2 AND "seq" = $3)`

const ACKNOWLEDGE = `
  DELETE FROM "Notice" n
  USING unnest($1::int[], $2::text[], $3::int[]) AS a ("deviceId", "invitation", "acked")
    JOIN "Invitation" i ON i."id" = a."invitation"
    JOIN "Event" e ON e."conversationId" = i."conversationId"
      AND (e."seq" = i."invitedSeq" OR (a."acked" = 2 AND e."seq" = i."endedSeq"))
  WHERE n."deviceId" = a."deviceId" AND n."eventId" = e."id"`

/** Keeps what an append that came after `expectedSeq` did to an invitation; its events and its row are written. */
export function note(
  transaction: Transaction,
  conversationId: number,
  { id, state, invitee, invitedSeq, endedSeq }: StoredInvitation,
  expectedSeq: number,
): void {
  const tell = (seq: number) => transaction.send(TELL, id, conversationId, seq, invitee.userId)
  if (invitedSeq > expectedSeq) tell(invitedSeq)
  if (endedSeq === null || endedSeq <= expectedSeq) return
  // He joined by it: the first event of his stay tells him so.
  if (state === 'joined') transaction.send(WITHDRAW, invitee.userId, conversationId, invitedSeq)
  else tell(endedSeq)
}

/** A device is new: it is told of what is open. */
export function tellOpen(transaction: Transaction, deviceId: number, userId: number): void {
  transaction.send(TELL_OPEN, deviceId, userId)
}

/** Of moves whose target is an invitation. */
export function acknowledgeAll(transaction: Transaction, moves: readonly CursorMove[]): void {
  if (moves.length === 0) return
  transaction.send(
    ACKNOWLEDGE,
    moves.map(({ deviceId }) => deviceId),
    moves.map(({ target }) => target),
    moves.map(({ value }) => value),
  )
}
