import type { EventLog, OpenInvitation } from '../event-log.js'
import { wholeSeconds } from '../event-page.js'
import { INVITATION_SELECTION, type InvitationRow, toInvitation } from '../invitation-row.js'
import type { ConversationSnapshot, StoredMember, StoredMessage, StoredRequest } from '../records.js'
import { type Readers, row, rows, type Work } from '../work.js'

const CONVERSATION = `
  SELECT "id", "uuid", "createdBy", "lastSeq", "epoch", "closedAt" FROM "Conversation" WHERE "uuid" = $1`

const STAYS = `
  SELECT p."userId", u."username", p."fingerprint", p."fromSeq", p."toSeq"
  FROM "Participant" p JOIN "User" u ON u."id" = p."userId"
  WHERE p."conversationId" = $1 ORDER BY p."fromSeq", p."userId"`

const INVITATIONS = `
  SELECT ${INVITATION_SELECTION}
  FROM "Invitation" i
  JOIN "User" inviter ON inviter."id" = i."inviterId"
  JOIN "User" invitee ON invitee."id" = i."inviteeId"
  WHERE i."conversationId" = $1 ORDER BY i."invitedSeq"`

const OF_INVITATION = `
  SELECT c."uuid" FROM "Invitation" i JOIN "Conversation" c ON c."id" = i."conversationId" WHERE i."id" = $1`

const MESSAGE = `
  SELECT "seq", "body" FROM "Event"
  WHERE "conversationId" = $1 AND "senderId" = $2 AND "messageId" = $3`

const REQUEST = `
  SELECT r."hash", r."conversationId", c."uuid", r."seq"
  FROM "Request" r JOIN "Conversation" c ON c."id" = r."conversationId"
  WHERE r."userId" = $1 AND r."requestId" = $2`

const DUE = `
  SELECT i."id" AS "invitation", c."uuid"
  FROM "Invitation" i JOIN "Conversation" c ON c."id" = i."conversationId"
  WHERE i."endedSeq" IS NULL AND i."expiresAt" <= $1 ORDER BY i."expiresAt", i."invitedSeq" LIMIT $2`

const PLACES = `
  SELECT c."uuid" FROM "Participant" p JOIN "Conversation" c ON c."id" = p."conversationId"
  WHERE p."userId" = $1 AND p."toSeq" IS NULL AND p."fingerprint" IS DISTINCT FROM $2
  UNION
  SELECT c."uuid" FROM "Invitation" i JOIN "Conversation" c ON c."id" = i."conversationId"
  WHERE i."inviteeId" = $1 AND i."endedSeq" IS NULL AND i."inviteeFingerprint" IS DISTINCT FROM $2
  LIMIT $3`

/** Of one who is a party: invitations by him, and to him, through their indexes. */
const OPEN = `
  SELECT i."id" AS "invitation", c."uuid", i."inviterFingerprint" AS "fingerprint"
  FROM "Invitation" i JOIN "Conversation" c ON c."id" = i."conversationId"
  WHERE i."inviterId" = $1 AND i."endedSeq" IS NULL AND i."id" > $2
  UNION ALL
  SELECT i."id", c."uuid", i."inviteeFingerprint"
  FROM "Invitation" i JOIN "Conversation" c ON c."id" = i."conversationId"
  WHERE i."inviteeId" = $1 AND i."endedSeq" IS NULL AND i."id" > $2
  ORDER BY 1 LIMIT $3`

type ConversationRow = Omit<ConversationSnapshot, 'closed' | 'stays' | 'invitations'> & {
  readonly closedAt: number | null
}

type Reads = Pick<
  EventLog,
  | 'load'
  | 'findConversationOfInvitation'
  | 'findMessage'
  | 'findRequest'
  | 'findPlaces'
  | 'findOpenInvitations'
  | 'findDueInvitations'
>

/** What the hub reads of conversations, but for their events. */
export function conversationReads({ read, snapshot }: Readers): Reads {
  return {
    load: (uuid) => snapshot(load(uuid)),
    findConversationOfInvitation: async (invitation) =>
      (await read(row<{ uuid: string }>(OF_INVITATION, invitation)))?.uuid ?? null,
    findMessage: (conversationId, senderId, messageId) =>
      read(row<StoredMessage>(MESSAGE, conversationId, senderId, bytesOf(messageId))),
    findRequest: (userId, requestId) => read(row<StoredRequest>(REQUEST, userId, requestId)),
    findPlaces: async (userId, except, limit) =>
      (await read(rows<{ uuid: string }>(PLACES, userId, except, limit))).map(({ uuid }) => uuid),
    findOpenInvitations: (userId, after, limit) => read(rows<OpenInvitation>(OPEN, userId, after, limit)),
    findDueInvitations: (now, limit) => read(rows<{ invitation: string; uuid: string }>(DUE, wholeSeconds(now), limit)),
  }
}

const bytesOf = (uuid: string) => Buffer.from(uuid.replaceAll('-', ''), 'hex')

function* load(uuid: string): Work<ConversationSnapshot | null> {
  const conversation = yield* row<ConversationRow>(CONVERSATION, uuid)
  if (conversation === null) return null
  const { closedAt, ...rest } = conversation
  return {
    ...rest,
    closed: closedAt !== null,
    stays: yield* rows<StoredMember>(STAYS, rest.id),
    invitations: (yield* rows<InvitationRow>(INVITATIONS, rest.id)).map(toInvitation),
  }
}
