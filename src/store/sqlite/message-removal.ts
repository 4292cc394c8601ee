import type { Database } from 'better-sqlite3'
import type { Refused } from '../commit/batch.js'
import { describe } from '../unavailable.js'
import { transactions } from './transactions.js'
import { usageWriter } from './usage.js'

/** Messages to remove: those before a time (milliseconds since the epoch of Unix), so many at most. */
export interface Removal {
  readonly before: number
  readonly limit: number
}

export interface Removed {
  readonly count: number
  /** The highest id of an event that is left; SQLite gives those above it again. */
  readonly newestId: number
}

export type RemovalOutcome = Removed | Refused

// By its index or not at all: without it every event would be looked at. A long body is not read for its length.
const OLDEST = `
  SELECT "id", "senderId", octet_length("body") AS "bytes" FROM "Event" INDEXED BY "Event_at_idx"
  WHERE "type" = 'message' AND "at" < ? ORDER BY "at", "id" LIMIT ?`
const REMOVE = `DELETE FROM "Event" WHERE "id" = ?`
const NEWEST = `SELECT coalesce(max("id"), 0) FROM "Event"`

interface MessageRow {
  readonly id: number
  readonly senderId: number
  readonly bytes: number
}

/** Removes the oldest messages, each call in a transaction, and gives back bytes of quotas. */
export function messageRemoval(db: Database): (removal: Removal) => RemovalOutcome {
  const transaction = transactions(db)
  const oldest = db.prepare<[number, number], MessageRow>(OLDEST)
  const remove = db.prepare(REMOVE)
  const usage = usageWriter(db)
  const newest = db.prepare<[], number>(NEWEST).pluck()

  const removeAll = ({ before, limit }: Removal): Removed => {
    const messages = oldest.all(before, limit)
    const bytesOf = new Map<number, number>()
    for (const { id, senderId, bytes } of messages) {
      remove.run(id)
      bytesOf.set(senderId, (bytesOf.get(senderId) ?? 0) + bytes)
    }
    for (const [userId, bytes] of bytesOf) usage.giveBack(userId, bytes)
    usage.giveBackDays(before)
    return { count: messages.length, newestId: newest.get() ?? 0 }
  }

  return (removal) => {
    try {
      return transaction.run(() => removeAll(removal))
    } catch (error) {
      return { cause: describe(error) }
    }
  }
}
