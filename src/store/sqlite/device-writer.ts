import type { Database } from 'better-sqlite3'
import type { CursorMove, CursorOutcome, DeviceOpening, DeviceOutcome } from '../commit/batch.js'
import { DEVICE_LIFE_MS, SEEN_EVERY_MS } from '../devices.js'
import { noticeWriter } from './notices.js'

const FORGET = `DELETE FROM "Device" WHERE "userId" = ? AND "lastSeenAt" < ?`
const SEE = `UPDATE "Device" SET "lastSeenAt" = ? WHERE "userId" = ? AND "name" = ? RETURNING "id"`
const COUNT = `SELECT count(*) FROM "Device" WHERE "userId" = ?`
const MAKE = `
  INSERT INTO "Device" ("userId", "name", "createdAt", "lastSeenAt") VALUES (?, ?, ?, ?) RETURNING "id"`

const IS_KNOWN = `SELECT 1 FROM "Device" WHERE "id" = ?`
const MOVE = `
  INSERT INTO "Cursor" ("deviceId", "conversationId", "seq") VALUES (?, ?, ?)
  ON CONFLICT DO UPDATE SET "seq" = excluded."seq" WHERE excluded."seq" > "seq"`
const TOUCH = `UPDATE "Device" SET "lastSeenAt" = ? WHERE "id" = ? AND "lastSeenAt" < ?`

interface DeviceRow {
  readonly id: number
}

/** Writes devices and their cursors inside the transaction of its caller. */
export interface DeviceWriter {
  open(opening: DeviceOpening): DeviceOutcome
  /** Null when it is moved, or already further. */
  move(cursor: CursorMove, now: number): CursorOutcome | null
}

export function deviceWriter(db: Database): DeviceWriter {
  const forget = db.prepare(FORGET)
  const see = db.prepare<[number, number, string], DeviceRow>(SEE)
  const count = db.prepare<[number], number>(COUNT).pluck()
  const make = db.prepare<[number, string, number, number], DeviceRow>(MAKE)
  const isKnown = db.prepare<[number], number>(IS_KNOWN).pluck()
  const moveConversation = db.prepare(MOVE)
  const notices = noticeWriter(db)
  const touch = db.prepare(TOUCH)

  return {
    open({ userId, name, now, maxDevices }) {
      forget.run(userId, now - DEVICE_LIFE_MS)
      const seen = see.get(now, userId, name)
      if (seen !== undefined) return seen
      if ((count.get(userId) ?? 0) >= maxDevices) return 'quota'
      const made = make.get(userId, name, now, now)
      if (made === undefined) return 'quota'
      notices.tellOpen(made.id, userId)
      return made
    },
    move({ deviceId, target, value }, now) {
      if (isKnown.get(deviceId) === undefined) return 'gone'
      if (typeof target === 'number') moveConversation.run(deviceId, target, value)
      else notices.acknowledge(deviceId, target, value)
      touch.run(now, deviceId, now - SEEN_EVERY_MS)
      return null
    },
  }
}
