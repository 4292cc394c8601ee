import type { EventLog } from '../event-log.js'
import type {
  DeviceRecord,
  LeftConversations,
  ListedConversation,
  Mailbox,
  MailboxConversation,
  Notice,
} from '../records.js'
import { type Readers, row, rows, type Work } from '../work.js'

const STAY = `
  p."conversationId", c."uuid", c."lastSeq", p."fromSeq", p."toSeq", coalesce(k."seq", 0) AS "ackedSeq"`

const WITH_CURSOR = `
  JOIN "Conversation" c ON c."id" = p."conversationId"
  LEFT JOIN "Cursor" k ON k."deviceId" = $1 AND k."conversationId" = p."conversationId"`

const ORDER = `ORDER BY p."conversationId", p."fromSeq"`

const UNREAD = `(p."toSeq" IS NULL OR p."toSeq" > coalesce(k."seq", 0))`

const STAYS_OF_MEMBER = `
  SELECT ${STAY}
  FROM "Participant" m
  JOIN "Participant" p ON p."conversationId" = m."conversationId" AND p."userId" = m."userId"
  ${WITH_CURSOR}
  WHERE m."userId" = $2 AND m."toSeq" IS NULL AND ${UNREAD} ${ORDER}`

const STAYS_IN_ONE = `
  SELECT ${STAY} FROM "Participant" p ${WITH_CURSOR} WHERE p."userId" = $2 AND c."uuid" = $3 ${ORDER}`

const NOTICE = `
  n."invitationId" AS "invitation", e."conversationId", e."seq",
  CASE e."type" WHEN 'invited' THEN 1 ELSE 2 END AS "place"
  FROM "Notice" n JOIN "Event" e ON e."id" = n."eventId"`

const NOTICES = `SELECT ${NOTICE} WHERE n."deviceId" = $1 ORDER BY n."eventId" LIMIT $2`
const NOTICES_OF = `
  SELECT ${NOTICE}
  JOIN "Invitation" i ON i."conversationId" = e."conversationId" AND e."seq" IN (i."invitedSeq", i."endedSeq")
  WHERE n."deviceId" = $1 AND i."id" = $2 ORDER BY n."eventId"`
const IS_TO = `SELECT 1 FROM "Invitation" WHERE "id" = $1 AND "inviteeId" = $2`

/** One look at the index for each conversation, however many stays he had in it. */
const NEXT_STAY = (after: string) =>
  `SELECT min("conversationId") AS "id" FROM "Participant" WHERE "userId" = $1 AND "conversationId" > ${after}`
const NEXT_INVITED = (after: string) => `
  SELECT min("conversationId") AS "id" FROM "Invitation"
  WHERE "inviteeId" = $1 AND "endedSeq" IS NULL AND "conversationId" > ${after}`

/** Of a user ($1) the first $3 conversations after $2. */
const places = (next: (after: string) => string) => `
  WITH RECURSIVE "place" ("id", "number") AS (
    SELECT (${next('$2')}), 1
    UNION ALL
    SELECT (${next('"place"."id"')}), "number" + 1 FROM "place" WHERE "place"."id" IS NOT NULL AND "number" < $3
  )`

const PLACES_LEFT = `${places(NEXT_STAY)} SELECT "id" FROM "place" WHERE "id" IS NOT NULL ORDER BY "id"`

/** Of those conversations what is not read, if he has left them. */
const STAYS_LEFT = `
  SELECT ${STAY}
  FROM "Participant" p ${WITH_CURSOR}
  WHERE p."userId" = $2 AND p."conversationId" > $3 AND p."conversationId" <= $4 AND p."toSeq" > coalesce(k."seq", 0)
    AND NOT EXISTS (
      SELECT 1 FROM "Participant" m WHERE m."conversationId" = p."conversationId" AND m."userId" = $2 AND m."toSeq" IS NULL)
  ${ORDER}`

const LIST = `
  ${places((after) => `SELECT min("id") FROM (${NEXT_STAY(after)} UNION ALL ${NEXT_INVITED(after)}) AS "next"`)}
  SELECT c."uuid" AS "conversation",
    CASE
      WHEN p."fromSeq" IS NOT NULL AND p."toSeq" IS NULL THEN 'member'
      WHEN EXISTS (
        SELECT 1 FROM "Invitation" i
        WHERE i."inviteeId" = $1 AND i."endedSeq" IS NULL AND i."conversationId" = c."id") THEN 'invited'
      ELSE 'left'
    END AS "status",
    CASE WHEN p."fromSeq" IS NULL THEN 0 ELSE coalesce(p."toSeq", c."lastSeq") END AS "lastSeq",
    coalesce(k."seq", 0) AS "ackedSeq"
  FROM "place"
  JOIN "Conversation" c ON c."id" = "place"."id"
  LEFT JOIN "Participant" p ON p."conversationId" = c."id" AND p."userId" = $1 AND p."fromSeq" = (
    SELECT max("fromSeq") FROM "Participant" WHERE "conversationId" = c."id" AND "userId" = $1)
  LEFT JOIN "Cursor" k ON k."deviceId" = $4 AND k."conversationId" = c."id"
  ORDER BY c."id"`

const ID = `SELECT "id" FROM "Conversation" WHERE "uuid" = $1`

interface StayRow {
  readonly conversationId: number
  readonly uuid: string
  readonly lastSeq: number
  readonly fromSeq: number
  readonly toSeq: number | null
  readonly ackedSeq: number
}

type Reads = Pick<
  EventLog,
  'openMailbox' | 'readNotices' | 'readNoticesOf' | 'readLeft' | 'openMailboxConversation' | 'listConversations'
>

/**
 * What a device may see, and how far it has acknowledged it; `settled` resolves when its acknowledgements are stored.
 */
export function mailboxReads({ read, snapshot }: Readers, settled: (deviceId: number) => Promise<void>): Reads {
  return {
    async openMailbox(device, limit) {
      await settled(device.id)
      // Of one moment, so that an invitation that becomes a stay in between is not lost.
      return snapshot(openMailbox(device, limit))
    },
    async readNotices(device, limit) {
      await settled(device.id)
      return read(rows<Notice>(NOTICES, device.id, limit))
    },
    async readNoticesOf(device, invitation) {
      await settled(device.id)
      return read(noticesOf(device, invitation))
    },
    async readLeft(device, after, limit) {
      await settled(device.id)
      return read(left(device, after, limit))
    },
    async openMailboxConversation(device, uuid) {
      await settled(device.id)
      const stays = await read(rows<StayRow>(STAYS_IN_ONE, device.id, device.userId, uuid))
      return byConversation(stays)[0] ?? null
    },
    async listConversations(device, after, limit) {
      await settled(device.id)
      return read(list(device, after, limit))
    },
  }
}

function* openMailbox({ id, userId }: DeviceRecord, limit: number): Work<Mailbox> {
  return {
    conversations: byConversation(yield* rows<StayRow>(STAYS_OF_MEMBER, id, userId)),
    notices: yield* rows<Notice>(NOTICES, id, limit),
  }
}

function* noticesOf({ id, userId }: DeviceRecord, invitation: string): Work<readonly Notice[] | null> {
  if ((yield* row(IS_TO, invitation, userId)) === null) return null
  return yield* rows<Notice>(NOTICES_OF, id, invitation)
}

function* left({ id, userId }: DeviceRecord, after: number, limit: number): Work<LeftConversations> {
  const places = yield* rows<{ id: number }>(PLACES_LEFT, userId, after, limit)
  const last = places.at(-1)?.id ?? after
  const stays = yield* rows<StayRow>(STAYS_LEFT, id, userId, after, last)
  return { conversations: byConversation(stays), next: places.length < limit ? null : last }
}

function* list(
  { id, userId }: DeviceRecord,
  after: string | null,
  limit: number,
): Work<readonly ListedConversation[] | null> {
  const from = after === null ? { id: 0 } : yield* row<{ id: number }>(ID, after)
  return from === null ? null : yield* rows<ListedConversation>(LIST, userId, from.id, limit, id)
}

function byConversation(rows: readonly StayRow[]): readonly MailboxConversation[] {
  const conversations: MailboxConversation[] = []
  let stays: { fromSeq: number; toSeq: number | null }[] = []
  for (const { fromSeq, toSeq, ...conversation } of rows) {
    if (conversations.at(-1)?.conversationId !== conversation.conversationId) {
      stays = []
      conversations.push({ ...conversation, stays })
    }
    stays.push({ fromSeq, toSeq })
  }
  return conversations
}
