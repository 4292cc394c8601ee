import type { Database } from 'better-sqlite3'
import type { EventLog } from '../event-log.js'
import type { DeviceRecord, MailboxConversation, MailboxInvitation } from '../records.js'

const STAYS = `
  SELECT p."conversationId", c."uuid", c."lastSeq", p."fromSeq", p."toSeq", coalesce(k."seq", 0) AS "ackedSeq"
  FROM "Participant" p
  JOIN "Conversation" c ON c."id" = p."conversationId"
  LEFT JOIN "Cursor" k ON k."deviceId" = @deviceId AND k."conversationId" = p."conversationId"
  WHERE p."userId" = @userId`

const ORDER = `ORDER BY p."conversationId", p."fromSeq"`

// An end has the place of its event in the log, which retention never removes.
const PENDING = `
  coalesce(k."acked", 0) < 2
    AND (i."endedSeq" IS NULL OR (i."state" <> 'joined' AND e."id" > (SELECT "newestEvent" FROM "Device" WHERE "id" = @deviceId)))`

const INVITATION = `
  i."id" AS "invitation", i."conversationId", c."uuid", i."invitedSeq", i."endedSeq", coalesce(k."acked", 0) AS "acked"`

const RECEIVED = `
  FROM "Invitation" i
  JOIN "Conversation" c ON c."id" = i."conversationId"
  LEFT JOIN "InvitationCursor" k ON k."deviceId" = @deviceId AND k."invitationId" = i."id"
  LEFT JOIN "Event" e ON e."conversationId" = i."conversationId" AND e."seq" = i."endedSeq"
  WHERE i."inviteeId" = @userId`

const INVITATIONS = `SELECT ${INVITATION} ${RECEIVED} AND ${PENDING} ORDER BY i."conversationId", i."invitedSeq"`
const ONE = `SELECT ${INVITATION}, ${PENDING} AS "isPending" ${RECEIVED} AND i."id" = @invitation`

type Parameters = Readonly<Record<string, number | string>>

interface StayRow {
  readonly conversationId: number
  readonly uuid: string
  readonly lastSeq: number
  readonly fromSeq: number
  readonly toSeq: number | null
  readonly ackedSeq: number
}

type Reads = Pick<EventLog, 'openMailbox' | 'openMailboxConversation' | 'openMailboxInvitation'>

/** What a device may see, and how far it has acknowledged it; `settled` resolves when its acknowledgements are stored. */
export function mailboxReads(db: Database, settled: (deviceId: number) => Promise<void>): Reads {
  const stays = db.prepare<[Parameters], StayRow>(`${STAYS} ${ORDER}`)
  const staysIn = db.prepare<[Parameters], StayRow>(`${STAYS} AND c."uuid" = @uuid ${ORDER}`)
  const invitations = db.prepare<[Parameters], MailboxInvitation>(INVITATIONS)
  const one = db.prepare<[Parameters], MailboxInvitation & { readonly isPending: 0 | 1 }>(ONE)

  // One transaction, so that an invitation that becomes a stay in between is not lost.
  const read = db.transaction((device: Parameters) => ({
    conversations: byConversation(stays.all(device)),
    invitations: invitations.all(device),
  }))

  return {
    async openMailbox(device) {
      await settled(device.id)
      return read(parameters(device))
    },
    async openMailboxConversation(device, uuid) {
      await settled(device.id)
      return byConversation(staysIn.all({ ...parameters(device), uuid }))[0] ?? null
    },
    async openMailboxInvitation(device, invitation) {
      await settled(device.id)
      const row = one.get({ ...parameters(device), invitation })
      if (!row) return null
      const { isPending, ...pending } = row
      return { pending: isPending ? pending : null }
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
