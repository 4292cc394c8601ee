import type { Database } from 'better-sqlite3'
import type { StoredInvitation } from '../records.js'

const TELL = `
  INSERT INTO "Notice" ("deviceId", "eventId", "invitationId")
  SELECT d."id", e."id", @invitation
  FROM "Device" d JOIN "Event" e ON e."conversationId" = @conversationId AND e."seq" = @seq
  WHERE d."userId" = @userId`

const TELL_OPEN = `
  INSERT INTO "Notice" ("deviceId", "eventId", "invitationId")
  SELECT @deviceId, e."id", i."id"
  FROM "Invitation" i JOIN "Event" e ON e."conversationId" = i."conversationId" AND e."seq" = i."invitedSeq"
  WHERE i."inviteeId" = @userId AND i."endedSeq" IS NULL`

const WITHDRAW = `
  DELETE FROM "Notice"
  WHERE "deviceId" IN (SELECT "id" FROM "Device" WHERE "userId" = @userId)
    AND "eventId" = (SELECT "id" FROM "Event" WHERE "conversationId" = @conversationId AND "seq" = @seq)`

const ACKNOWLEDGE = `
  DELETE FROM "Notice"
  WHERE "deviceId" = @deviceId AND "eventId" IN (
    SELECT e."id" FROM "Invitation" i JOIN "Event" e ON e."conversationId" = i."conversationId"
      AND (e."seq" = i."invitedSeq" OR (@acked = 2 AND e."seq" = i."endedSeq"))
    WHERE i."id" = @invitation)`

/** Keeps what devices have not acknowledged of invitations, inside the transaction of its caller. */
export interface NoticeWriter {
  /** What an append that came after `expectedSeq` did to an invitation; its events and its row are written. */
  note(conversationId: number, invitation: StoredInvitation, expectedSeq: number): void
  /** A device is new: it is told of what is open. */
  tellOpen(deviceId: number, userId: number): void
  /** `acked`: 1 for `invited`, 2 for the end too. */
  acknowledge(deviceId: number, invitation: string, acked: number): void
}

export function noticeWriter(db: Database): NoticeWriter {
  const tell = db.prepare(TELL)
  const tellOpen = db.prepare(TELL_OPEN)
  const withdraw = db.prepare(WITHDRAW)
  const acknowledge = db.prepare(ACKNOWLEDGE)

  return {
    note(conversationId, { id, state, invitee, invitedSeq, endedSeq }, expectedSeq) {
      const of = (seq: number) => ({ userId: invitee.userId, conversationId, seq })
      if (invitedSeq > expectedSeq) tell.run({ ...of(invitedSeq), invitation: id })
      if (endedSeq === null || endedSeq <= expectedSeq) return
      // He joined by it: the first event of his stay tells him so.
      if (state === 'joined') withdraw.run(of(invitedSeq))
      else tell.run({ ...of(endedSeq), invitation: id })
    },
    tellOpen: (deviceId, userId) => void tellOpen.run({ deviceId, userId }),
    acknowledge: (deviceId, invitation, acked) => void acknowledge.run({ deviceId, invitation, acked }),
  }
}
