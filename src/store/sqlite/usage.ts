import type { Database } from 'better-sqlite3'
import type { PackedAppend, PackedEvent } from './batch.js'

const DAY_MS = 24 * 3600 * 1000

/** Events with which users fill the database at will; every other kind ends something, and must always be possible. */
const CHARGED: ReadonlySet<string> = new Set(['message', 'started', 'invited', 'accepted', 'joined'])

const BEGIN = `INSERT INTO "Usage" ("userId", "bytes") VALUES (?, 0) ON CONFLICT DO NOTHING`
const ADD = `UPDATE "Usage" SET "bytes" = "bytes" + ? WHERE "userId" = ? AND "bytes" <= ?`
const ADD_TO_DAY = `
  INSERT INTO "InvitationUsage" ("day", "userId", "bytes") VALUES (?, ?, ?)
  ON CONFLICT DO UPDATE SET "bytes" = "bytes" + excluded."bytes"`
const GIVE_BACK = `UPDATE "Usage" SET "bytes" = "bytes" - ? WHERE "userId" = ?`
const END_DAYS = `DELETE FROM "InvitationUsage" WHERE "day" < ? RETURNING "userId", "bytes"`

interface Share {
  readonly userId: number
  readonly bytes: number
}

/** What appends take of each sender's quota of bytes. */
export function chargesOf(appends: readonly PackedAppend[]): ReadonlyMap<number, number> {
  const bytes = new Map<number, number>()
  for (const { events } of appends)
    for (const event of events)
      if (CHARGED.has(event.type)) bytes.set(event.senderId, (bytes.get(event.senderId) ?? 0) + bytesOf(event))
  return bytes
}

const bytesOf = ({ body }: PackedEvent) => Buffer.byteLength(body)
const dayOf = (at: number) => Math.floor(at / DAY_MS)

/** Keeps how much each sender has stored, inside the transaction of its caller. */
export interface UsageWriter {
  /** False: with `bytes` more it would be over `limit`. */
  add(userId: number, bytes: number, limit: number): boolean
  /** Notes which of an append's bytes come back by the calendar, since nothing will remove the events. */
  note(append: PackedAppend): void
  giveBack(userId: number, bytes: number): void
  /** Gives back what was noted on days that ended before `before`. */
  giveBackDays(before: number): void
}

export function usageWriter(db: Database): UsageWriter {
  const begin = db.prepare(BEGIN)
  const add = db.prepare(ADD)
  const addToDay = db.prepare(ADD_TO_DAY)
  const giveBack = db.prepare(GIVE_BACK)
  const endDays = db.prepare<[number], Share>(END_DAYS)

  return {
    add(userId, bytes, limit) {
      const attempt = () => add.run(bytes, userId, limit - bytes).changes === 1
      if (attempt()) return true
      begin.run(userId)
      return attempt()
    },
    note({ events }) {
      for (const event of events)
        if (event.type !== 'message' && CHARGED.has(event.type))
          addToDay.run(dayOf(event.at), event.senderId, bytesOf(event))
    },
    giveBack: (userId, bytes) => void giveBack.run(bytes, userId),
    giveBackDays(before) {
      for (const { userId, bytes } of endDays.all(dayOf(before))) giveBack.run(bytes, userId)
    },
  }
}
