import type { ClientBase } from 'pg'
import { dayOf } from '../charges.js'
import { charge } from './commit/append-rows.js'
import { type Transaction, transact } from './commit/transaction.js'

/** Of nodes that remove at once each takes others. */
const OLDEST = `
  SELECT "id", "senderId", octet_length("body") AS "bytes" FROM "Event"
  WHERE "type" = 'message' AND "at" < $1 ORDER BY "at", "id" LIMIT $2 FOR UPDATE SKIP LOCKED`
const REMOVE = `DELETE FROM "Event" WHERE "id" = ANY($1::bigint[])`
const USERS_OF_DAYS = `SELECT DISTINCT "userId" FROM "InvitationUsage" WHERE "day" < $1`
/** Before the days, as whoever appends does it. */
const LOCK = `SELECT 1 FROM "Usage" WHERE "userId" = ANY($1::int[]) ORDER BY "userId" FOR NO KEY UPDATE`
const END_DAYS = `
  DELETE FROM "InvitationUsage" WHERE "day" < $1 AND "userId" = ANY($2::int[]) RETURNING "userId", "bytes"`

interface Share {
  readonly userId: number
  readonly bytes: number
}

/** Removes the oldest messages and gives back bytes of quotas, in one transaction; answers how many. */
export function removeMessages(client: ClientBase, before: Date, limit: number): Promise<number> {
  return transact(client, async (transaction) => {
    const messages = await transaction.ask<{ id: number; senderId: number; bytes: number }>(OLDEST, before, limit)
    const removed = messages.map(({ senderId, bytes }) => ({ userId: senderId, bytes }))
    if (messages.length > 0) {
      const ids = messages.map(({ id }) => id)
      transaction.send(REMOVE, ids)
    }
    await giveBack(transaction, removed, dayOf(before.getTime()))
    return messages.length
  })
}

async function giveBack(transaction: Transaction, removed: readonly Share[], day: number): Promise<void> {
  const ofDays = await transaction.ask<{ userId: number }>(USERS_OF_DAYS, day)
  const users = [...new Set([...removed, ...ofDays].map(({ userId }) => userId))]
  if (users.length === 0) return
  transaction.send(LOCK, users)
  const ended = await transaction.ask<Share>(END_DAYS, day, users)
  const shares = new Map<number, number>()
  for (const { userId, bytes } of [...removed, ...ended]) shares.set(userId, (shares.get(userId) ?? 0) - bytes)
  charge(transaction, shares)
}
