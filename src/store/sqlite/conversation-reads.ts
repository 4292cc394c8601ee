import type { Database } from 'better-sqlite3'
import type { EventLog, OpenInvitation } from '../event-log.js'
import { pageOf, wholeSeconds } from '../event-page.js'
import { INVITATION_SELECTION, type InvitationRow, toInvitation } from '../invitation-row.js'
import type { ConversationSnapshot, StoredEvent, StoredMember, StoredMessage, StoredRequest } from '../records.js'

const CONVERSATION = `
  SELECT "id", "uuid", "createdBy", "lastSeq", "epoch", "closedAt" FROM "Conversation" WHERE "uuid" = ?`

const STAYS = `
  SELECT p."userId", u."username", p."fingerprint", p."fromSeq", p."toSeq"
  FROM "Participant" p JOIN "User" u ON u."id" = p."userId"
  WHERE p."conversationId" = ? ORDER BY p."fromSeq", p."userId"`

const INVITATIONS = `
  SELECT ${INVITATION_SELECTION}
  FROM "Invitation" i
  JOIN "User" inviter ON inviter."id" = i."inviterId"
  JOIN "User" invitee ON invitee."id" = i."inviteeId"
  WHERE i."conversationId" = ? ORDER BY i."invitedSeq"`

const OF_INVITATION = `
  SELECT c."uuid" FROM "Invitation" i JOIN "Conversation" c ON c."id" = i."conversationId" WHERE i."id" = ?`

const EVENTS = `
  SELECT "seq", "type", "body" FROM "Event"
  WHERE "conversationId" = ? AND "seq" > ? AND "seq" <= ? ORDER BY "seq" LIMIT ?`

const MESSAGE = `
  SELECT "seq", "body" FROM "Event"
  WHERE "conversationId" = ? AND "senderId" = ? AND "messageId" = unhex(?, '-')`

const REQUEST = `
  SELECT r."hash", r."conversationId", c."uuid", r."seq"
  FROM "Request" r JOIN "Conversation" c ON c."id" = r."conversationId"
  WHERE r."userId" = ? AND r."requestId" = ?`

const DUE = `
  SELECT i."id" AS "invitation", c."uuid"
  FROM "Invitation" i JOIN "Conversation" c ON c."id" = i."conversationId"
  WHERE i."endedSeq" IS NULL AND i."expiresAt" <= ? ORDER BY i."expiresAt", i."invitedSeq" LIMIT ?`

const PLACES = `
  SELECT c."uuid" FROM "Participant" p JOIN "Conversation" c ON c."id" = p."conversationId"
  WHERE p."userId" = @userId AND p."toSeq" IS NULL AND p."fingerprint" IS NOT @except
  UNION
  SELECT c."uuid" FROM "Invitation" i JOIN "Conversation" c ON c."id" = i."conversationId"
  WHERE i."inviteeId" = @userId AND i."endedSeq" IS NULL AND i."inviteeFingerprint" IS NOT @except
  LIMIT @limit`

/** Of one who is a party: invitations by him, and to him, through their indexes. */
const OPEN = `
  SELECT i."id" AS "invitation", c."uuid", i."inviterFingerprint" AS "fingerprint"
  FROM "Invitation" i JOIN "Conversation" c ON c."id" = i."conversationId"
  WHERE i."inviterId" = @userId AND i."endedSeq" IS NULL AND i."id" > @after
  UNION ALL
  SELECT i."id", c."uuid", i."inviteeFingerprint"
  FROM "Invitation" i JOIN "Conversation" c ON c."id" = i."conversationId"
  WHERE i."inviteeId" = @userId AND i."endedSeq" IS NULL AND i."id" > @after
  ORDER BY 1 LIMIT @limit`

type ConversationRow = Omit<ConversationSnapshot, 'closed' | 'stays' | 'invitations'> & {
  readonly closedAt: number | null
}

type Reads = Pick<
  EventLog,
  | 'load'
  | 'findConversationOfInvitation'
  | 'read'
  | 'findMessage'
  | 'findRequest'
  | 'findPlaces'
  | 'findOpenInvitations'
  | 'findDueInvitations'
>

/** What the hub reads of conversations, through a connection that only reads. */
export function conversationReads(db: Database): Reads {
  const ofInvitation = db.prepare<[string], string>(OF_INVITATION).pluck()
  const events = db.prepare<[number, number, number, number], StoredEvent>(EVENTS)
  const message = db.prepare<[number, number, string], StoredMessage>(MESSAGE)
  const request = db.prepare<[number, string], StoredRequest>(REQUEST)
  const due = db.prepare<[string, number], { invitation: string; uuid: string }>(DUE)
  const places = db.prepare<[{ userId: number; except: string | null; limit: number }], string>(PLACES).pluck()
  const open = db.prepare<[{ userId: number; after: string; limit: number }], OpenInvitation>(OPEN)
  const load = snapshotReader(db)

  return {
    load: async (uuid) => load(uuid),
    findConversationOfInvitation: async (invitation) => ofInvitation.get(invitation) ?? null,
    read: async (conversationId, page) =>
      pageOf(events.iterate(conversationId, page.after, page.upTo, page.limit), page),
    findMessage: async (conversationId, senderId, messageId) =>
      message.get(conversationId, senderId, messageId) ?? null,
    findRequest: async (userId, requestId) => request.get(userId, requestId) ?? null,
    findPlaces: async (userId, except, limit) => places.all({ userId, except, limit }),
    findOpenInvitations: async (userId, after, limit) => open.all({ userId, after, limit }),
    findDueInvitations: async (now, limit) => due.all(wholeSeconds(now), limit),
  }
}

function snapshotReader(db: Database): (uuid: string) => ConversationSnapshot | null {
  const conversation = db.prepare<[string], ConversationRow>(CONVERSATION)
  const stays = db.prepare<[number], StoredMember>(STAYS)
  const invitations = db.prepare<[number], InvitationRow>(INVITATIONS)

  // One transaction, since the committing thread may write between two statements.
  return db.transaction((uuid: string) => {
    const row = conversation.get(uuid)
    if (row === undefined) return null
    const { closedAt, ...rest } = row
    return {
      ...rest,
      closed: closedAt !== null,
      stays: stays.all(row.id),
      invitations: invitations.all(row.id).map(toInvitation),
    }
  })
}
