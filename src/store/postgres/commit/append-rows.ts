import type { Append, NewConversation } from '../../event-log.js'
import type { Transaction } from './transaction.js'

/** A time that is given in milliseconds since the epoch of Unix. */
const timeOf = (column: string) => `'epoch'::timestamptz + ${column} * interval '1 millisecond'`

const CREATE = `
  INSERT INTO "Conversation" ("uuid", "createdBy", "createdAt", "lastSeq", "epoch", "closedAt")
  SELECT n."uuid", n."by", ${timeOf('n."at"')}, n."lastSeq", n."epoch", ${timeOf('n."closedAt"')}
  FROM unnest($1::text[], $2::int[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[])
    AS n ("uuid", "by", "at", "lastSeq", "epoch", "closedAt")
  RETURNING "id", "uuid"`

const ADVANCE = `
  UPDATE "Conversation" c SET "lastSeq" = n."lastSeq", "epoch" = n."epoch", "closedAt" = ${timeOf('n."closedAt"')}
  FROM unnest($1::int[], $2::bigint[], $3::bigint[], $4::bigint[]) AS n ("id", "lastSeq", "epoch", "closedAt")
  WHERE c."id" = n."id"`

const INSERT_EVENTS = `
  INSERT INTO "Event" ("conversationId", "seq", "senderId", "at", "type", "messageId", "body")
  SELECT n."conversationId", n."seq", n."senderId", ${timeOf('n."at"')}, n."type", uuid_send(n."messageId"), n."body"
  FROM unnest($1::int[], $2::bigint[], $3::int[], $4::bigint[], $5::text[], $6::uuid[], $7::text[])
    AS n ("conversationId", "seq", "senderId", "at", "type", "messageId", "body")`

const CHARGE = `
  UPDATE "Usage" u SET "bytes" = u."bytes" + n."bytes"
  FROM unnest($1::int[], $2::bigint[]) AS n ("userId", "bytes") WHERE u."userId" = n."userId"`

/** An append whose conversation has its id. */
export interface PlacedAppend {
  readonly conversationId: number
  readonly append: Append
}

export const lastSeqOf = ({ expectedSeq, events }: Append): number => expectedSeq + events.length

const closedAtOf = ({ closed, events }: Append): number | null => (closed ? (events.at(-1)?.at ?? null) : null)

export const isNew = ({ conversation }: Append): boolean => typeof conversation !== 'number'

/** Makes the conversations that are new, and gives every append the id of its own. */
export async function place(transaction: Transaction, appends: readonly Append[]): Promise<readonly PlacedAppend[]> {
  const ids = await create(transaction, appends.filter(isNew))
  return appends.map((append) => {
    const { conversation } = append
    const conversationId = typeof conversation === 'number' ? conversation : (ids.get(conversation.uuid) ?? 0)
    return { conversationId, append }
  })
}

async function create(transaction: Transaction, appends: readonly Append[]): Promise<ReadonlyMap<string, number>> {
  if (appends.length === 0) return new Map()
  const made = appends.map(({ conversation }) => conversation as NewConversation)
  const rows = await transaction.ask<{ id: number; uuid: string }>(
    CREATE,
    made.map(({ uuid }) => uuid),
    made.map(({ createdBy }) => createdBy),
    made.map(({ createdAt }) => createdAt),
    appends.map(lastSeqOf),
    appends.map(({ epoch }) => epoch),
    appends.map(closedAtOf),
  )
  return new Map(rows.map(({ id, uuid }) => [uuid, id]))
}

/** Writes where conversations stand after appends, each of which follows the one before of its conversation. */
export function advance(transaction: Transaction, placed: readonly PlacedAppend[]): void {
  const last = new Map(placed.filter(({ append }) => !isNew(append)).map((each) => [each.conversationId, each.append]))
  if (last.size === 0) return
  const appends = [...last.values()]
  const epochs = appends.map(({ epoch }) => epoch)
  transaction.send(ADVANCE, [...last.keys()], appends.map(lastSeqOf), epochs, appends.map(closedAtOf))
}

export function insertEvents(transaction: Transaction, placed: readonly PlacedAppend[]): void {
  const ids = placed.flatMap(({ conversationId, append }) => append.events.map(() => conversationId))
  const events = placed.flatMap(({ append }) => append.events)
  transaction.send(
    INSERT_EVENTS,
    ids,
    events.map(({ seq }) => seq),
    events.map(({ senderId }) => senderId),
    events.map(({ at }) => at),
    events.map(({ type }) => type),
    events.map(({ messageId }) => messageId),
    events.map(({ body }) => body),
  )
}

/** Adds bytes to what users have stored. */
export function charge(transaction: Transaction, bytes: ReadonlyMap<number, number>): void {
  if (bytes.size > 0) transaction.send(CHARGE, [...bytes.keys()], [...bytes.values()])
}
