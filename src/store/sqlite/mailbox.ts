import type { Database } from 'better-sqlite3'
import type { EventLog } from '../event-log.js'
import type { DeviceRecord, ListedConversation, MailboxConversation, Notice } from '../records.js'

const STAY = `
  p."conversationId", c."uuid", c."lastSeq", p."fromSeq", p."toSeq", coalesce(k."seq", 0) AS "ackedSeq"`

const WITH_CURSOR = `
  JOIN "Conversation" c ON c."id" = p."conversationId"
  LEFT JOIN "Cursor" k ON k."deviceId" = @deviceId AND k."conversationId" = p."conversationId"`

const ORDER = `ORDER BY p."conversationId", p."fromSeq"`

const UNREAD = `(p."toSeq" IS NULL OR p."toSeq" > coalesce(k."seq", 0))`

const STAYS_OF_MEMBER = `
  SELECT ${STAY}
  FROM "Participant" m
  JOIN "Participant" p ON p."conversationId" = m."conversationId" AND p."userId" = m."userId"
  ${WITH_CURSOR}
  WHERE m."userId" = @userId AND m."toSeq" IS NULL AND ${UNREAD} ${ORDER}`

const STAYS_IN_ONE = `
  SELECT ${STAY} FROM "Participant" p ${WITH_CURSOR} WHERE p."userId" = @userId AND c."uuid" = @uuid ${ORDER}`

const NOTICE = `
  n."invitationId" AS "invitation", e."conversationId", e."seq",
  CASE e."type" WHEN 'invited' THEN 1 ELSE 2 END AS "place"
  FROM "Notice" n JOIN "Event" e ON e."id" = n."eventId"`

const NOTICES = `SELECT ${NOTICE} WHERE n."deviceId" = @deviceId ORDER BY n."eventId" LIMIT @limit`
const NOTICES_OF = `
  SELECT ${NOTICE}
  JOIN "Invitation" i ON i."conversationId" = e."conversationId" AND e."seq" IN (i."invitedSeq", i."endedSeq")
  WHERE n."deviceId" = @deviceId AND i."id" = @invitation ORDER BY n."eventId"`
const IS_TO = `SELECT 1 FROM "Invitation" WHERE "id" = @invitation AND "inviteeId" = @userId`

/** One look at the index for each conversation, however many stays he had in it. */
const NEXT_STAY = (after: string) =>
  `SELECT min("conversationId") AS "id" FROM "Participant" WHERE "userId" = @userId AND "conversationId" > ${after}`
const NEXT_INVITED = (after: string) => `
  SELECT min("conversationId") AS "id" FROM "Invitation"
  WHERE "inviteeId" = @userId AND "endedSeq" IS NULL AND "conversationId" > ${after}`

const places = (next: (after: string) => string) => `
  WITH RECURSIVE "place" ("id") AS (
    SELECT (${next('@after')})
    UNION ALL
    SELECT (${next('"place"."id"')}) FROM "place" WHERE "place"."id" IS NOT NULL
    LIMIT @limit
  )`

const PLACES_LEFT = `${places(NEXT_STAY)} SELECT "id" FROM "place" WHERE "id" IS NOT NULL`

/** Of one conversation what is not read, if he has left it. */
const STAYS_LEFT = `
  SELECT ${STAY}
  FROM "Participant" p ${WITH_CURSOR}
  WHERE p."conversationId" = @conversationId AND p."userId" = @userId AND p."toSeq" > coalesce(k."seq", 0)
    AND NOT EXISTS (
      SELECT 1 FROM "Participant" m WHERE m."conversationId" = p."conversationId" AND m."userId" = @userId AND m."toSeq" IS NULL)
  ORDER BY p."fromSeq"`

const LIST = `
  ${places((after) => `SELECT min("id") FROM (${NEXT_STAY(after)} UNION ALL ${NEXT_INVITED(after)})`)}
  SELECT c."uuid" AS "conversation",
    CASE
      WHEN p."fromSeq" IS NOT NULL AND p."toSeq" IS NULL THEN 'member'
      WHEN EXISTS (
        SELECT 1 FROM "Invitation" i
        WHERE i."inviteeId" = @userId AND i."endedSeq" IS NULL AND i."conversationId" = c."id") THEN 'invited'
      ELSE 'left'
    END AS "status",
    CASE WHEN p."fromSeq" IS NULL THEN 0 ELSE coalesce(p."toSeq", c."lastSeq") END AS "lastSeq",
    coalesce(k."seq", 0) AS "ackedSeq"
  FROM "place"
  JOIN "Conversation" c ON c."id" = "place"."id"
  LEFT JOIN "Participant" p ON p."conversationId" = c."id" AND p."userId" = @userId AND p."fromSeq" = (
    SELECT max("fromSeq") FROM "Participant" WHERE "conversationId" = c."id" AND "userId" = @userId)
  LEFT JOIN "Cursor" k ON k."deviceId" = @deviceId AND k."conversationId" = c."id"
  ORDER BY c."id"`

const ID = `SELECT "id" FROM "Conversation" WHERE "uuid" = ?`

type Parameters = Readonly<Record<string, number | string>>

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

/** What a device may see, and how far it has acknowledged it; `settled` resolves when its acknowledgements are stored. */
export function mailboxReads(db: Database, settled: (deviceId: number) => Promise<void>): Reads {
  const ofMember = db.prepare<[Parameters], StayRow>(STAYS_OF_MEMBER)
  const inOne = db.prepare<[Parameters], StayRow>(STAYS_IN_ONE)
  const left = db.prepare<[Parameters], StayRow>(STAYS_LEFT)
  const placesLeft = db.prepare<[Parameters], number>(PLACES_LEFT).pluck()
  const notices = db.prepare<[Parameters], Notice>(NOTICES)
  const noticesOf = db.prepare<[Parameters], Notice>(NOTICES_OF)
  const isTo = db.prepare<[Parameters], number>(IS_TO).pluck()
  const list = db.prepare<[Parameters], ListedConversation>(LIST)
  const id = db.prepare<[string], number>(ID).pluck()

  // One transaction, so that an invitation that becomes a stay in between is not lost.
  const openMailbox = db.transaction((device: Parameters, limit: number) => ({
    conversations: byConversation(ofMember.all(device)),
    notices: notices.all({ ...device, limit }),
  }))

  return {
    async openMailbox(device, limit) {
      await settled(device.id)
      return openMailbox(parameters(device), limit)
    },
    async readNotices(device, limit) {
      await settled(device.id)
      return notices.all({ ...parameters(device), limit })
    },
    async readNoticesOf(device, invitation) {
      await settled(device.id)
      const of = { ...parameters(device), invitation }
      return isTo.get(of) === undefined ? null : noticesOf.all(of)
    },
    async readLeft(device, after, limit) {
      await settled(device.id)
      const of = parameters(device)
      const ids = placesLeft.all({ ...of, after, limit })
      const rows = ids.flatMap((conversationId) => left.all({ ...of, conversationId }))
      return { conversations: byConversation(rows), next: ids.length < limit ? null : (ids.at(-1) ?? null) }
    },
    async openMailboxConversation(device, uuid) {
      await settled(device.id)
      return byConversation(inOne.all({ ...parameters(device), uuid }))[0] ?? null
    },
    async listConversations(device, after, limit) {
      await settled(device.id)
      const from = after === null ? 0 : id.get(after)
      return from === undefined ? null : list.all({ ...parameters(device), after: from, limit })
    },
  }
}

function parameters({ id, userId }: DeviceRecord): Parameters {
  return { deviceId: id, userId }
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
