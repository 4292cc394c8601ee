import type { CursorMove, CursorOutcome } from '../../commit/batch.js'
import { SEEN_EVERY_MS } from '../../devices.js'
import { isOfValues } from '../postgres-error.js'
import { acknowledgeAll } from './notices.js'
import type { Transaction } from './transaction.js'

const GONE = `
  SELECT m."index"::int AS "index"
  FROM unnest($1::int[], $2::int[]) WITH ORDINALITY AS m ("deviceId", "conversationId", "index")
    LEFT JOIN "Device" d ON d."id" = m."deviceId"
    LEFT JOIN "Conversation" c ON c."id" = m."conversationId"
  WHERE d."id" IS NULL OR (m."conversationId" IS NOT NULL AND c."id" IS NULL)`
const MOVE = `
  INSERT INTO "Cursor" ("deviceId", "conversationId", "seq")
  SELECT m."deviceId", m."conversationId", m."seq"
  FROM unnest($1::int[], $2::int[], $3::bigint[]) AS m ("deviceId", "conversationId", "seq")
  ORDER BY 1, 2
  ON CONFLICT ("deviceId", "conversationId") DO UPDATE SET "seq" = excluded."seq"
  WHERE excluded."seq" > "Cursor"."seq"`
const TOUCH = `
  UPDATE "Device" SET "lastSeenAt" = $2
  WHERE "id" IN (SELECT "id" FROM "Device" WHERE "id" = ANY($1::int[]) AND "lastSeenAt" < $3 ORDER BY "id" FOR NO KEY UPDATE)`

type Refusal = readonly [number, CursorOutcome]

/** Moves cursors inside the transaction of its caller; answers those that were not, by index. */
export async function moveCursors(
  transaction: Transaction,
  moves: readonly CursorMove[],
  now: number,
): Promise<readonly Refusal[]> {
  if (moves.length === 0) return []
  const gone = await findGone(transaction, moves)
  const indexes = moves.map((_, index) => index).filter((index) => !gone.has(index))
  const refusals = [...gone].map((index): Refusal => [index, 'gone'])
  return [...refusals, ...(await moveAll(transaction, moves, indexes, now))]
}

async function findGone(transaction: Transaction, moves: readonly CursorMove[]): Promise<ReadonlySet<number>> {
  const rows = await transaction.ask<{ index: number }>(
    GONE,
    moves.map(({ deviceId }) => deviceId),
    moves.map(({ target }) => (typeof target === 'number' ? target : null)),
  )
  return new Set(rows.map(({ index }) => index - 1))
}

/** Of a device that goes meanwhile the move is `gone`, and no other. */
async function moveAll(
  transaction: Transaction,
  moves: readonly CursorMove[],
  indexes: readonly number[],
  now: number,
): Promise<readonly Refusal[]> {
  if (indexes.length === 0) return []
  try {
    await transaction.isolate(() =>
      write(
        transaction,
        indexes.flatMap((index) => moves[index] ?? []),
        now,
      ),
    )
    return []
  } catch (error) {
    if (!isOfValues(error)) throw error
    const [first] = indexes
    if (indexes.length === 1 && first !== undefined) return [[first, 'gone']]
    const half = Math.ceil(indexes.length / 2)
    const left = await moveAll(transaction, moves, indexes.slice(0, half), now)
    return [...left, ...(await moveAll(transaction, moves, indexes.slice(half), now))]
  }
}

async function write(transaction: Transaction, moves: readonly CursorMove[], now: number): Promise<void> {
  const ofConversations = moves.filter(({ target }) => typeof target === 'number')
  if (ofConversations.length > 0)
    transaction.send(
      MOVE,
      ofConversations.map(({ deviceId }) => deviceId),
      ofConversations.map(({ target }) => target),
      ofConversations.map(({ value }) => value),
    )
  acknowledgeAll(
    transaction,
    moves.filter(({ target }) => typeof target === 'string'),
  )
  const devices = [...new Set(moves.map(({ deviceId }) => deviceId))]
  transaction.send(TOUCH, devices, new Date(now), new Date(now - SEEN_EVERY_MS))
  await transaction.settled()
}
