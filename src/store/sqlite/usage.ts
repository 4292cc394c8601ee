import type { Database } from 'better-sqlite3'
import { dayChargesOf, dayOf } from '../charges.js'
import type { PackedAppend } from './packed-batch.js'

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
    note(append) {
      for (const { day, userId, bytes } of dayChargesOf(append)) addToDay.run(day, userId, bytes)
    },
    giveBack: (userId, bytes) => void giveBack.run(bytes, userId),
    giveBackDays(before) {
      for (const { userId, bytes } of endDays.all(dayOf(before))) giveBack.run(bytes, userId)
    },
  }
}
