import type { Database } from 'better-sqlite3'
import { ConflictError } from '../append-refusals.js'
import type { PackedAppend } from './packed-batch.js'
import { projectionWriter } from './projections.js'
import type { QuotaGuard } from './quota-guard.js'

const CREATE = `
  INSERT INTO "Conversation" ("uuid", "createdBy", "createdAt", "lastSeq", "epoch", "closedAt") VALUES (?, ?, ?, ?, ?, ?)`

const ADVANCE = `
  UPDATE "Conversation" SET "lastSeq" = ?, "epoch" = ?, "closedAt" = ? WHERE "id" = ? AND "lastSeq" = ?`

const INSERT_EVENT = `
  INSERT INTO "Event" ("conversationId", "seq", "senderId", "at", "type", "messageId", "body")
  VALUES (?, ?, ?, ?, ?, unhex(?, '-'), ?)`

/** Where a conversation stands after appends that follow each other. */
interface Advance {
  readonly from: number
  readonly last: PackedAppend
}

/** Writes appends inside the transaction of its caller; throws at the first that does not fit. */
export interface AppendWriter {
  /** Writes one append and answers the id of its conversation. */
  write(append: PackedAppend): number
  /** Writes many, advancing each conversation once. */
  writeAll(appends: readonly PackedAppend[]): number[]
}

export function appendWriter(db: Database, quotas: QuotaGuard): AppendWriter {
  const create = db.prepare(CREATE)
  const advance = db.prepare(ADVANCE)
  const insertEvent = db.prepare(INSERT_EVENT)
  const writeProjections = projectionWriter(db)

  const advanceTo = (conversation: number, from: number, last: PackedAppend) => {
    const closedAt = last.closed ? (last.events.at(-1)?.at ?? null) : null
    const { changes } = advance.run(lastSeq(last), last.epoch, closedAt, conversation, from)
    if (changes === 0) throw new ConflictError()
  }

  const createFor = (append: PackedAppend): number => {
    const created = append.extras?.created
    if (created === null || created === undefined || append.expectedSeq !== 0) throw new ConflictError()
    const closedAt = append.closed ? (append.events.at(-1)?.at ?? null) : null
    const row = create.run(created.uuid, created.createdBy, created.createdAt, lastSeq(append), append.epoch, closedAt)
    return Number(row.lastInsertRowid)
  }

  const writeRows = (conversation: number, append: PackedAppend): number => {
    const { events, expectedSeq, extras } = append
    let seq = expectedSeq
    for (const { senderId, at, type, messageId, body } of events)
      insertEvent.run(conversation, ++seq, senderId, at, type, messageId, body)
    if (extras !== null) {
      writeProjections(conversation, extras, expectedSeq)
      quotas.check(append)
    }
    return conversation
  }

  return {
    write(append) {
      if (append.conversation !== 0) advanceTo(append.conversation, append.expectedSeq, append)
      const conversation = writeRows(append.conversation === 0 ? createFor(append) : append.conversation, append)
      // Last, for a repeat is a duplicate, whatever its sender has stored.
      quotas.charge([append])
      return conversation
    },
    writeAll(appends) {
      // First: a sender beyond his quota costs the others no row that is written twice.
      quotas.charge(appends)
      for (const [conversation, { from, last }] of advances(appends)) advanceTo(conversation, from, last)
      return appends.map((append) =>
        writeRows(append.conversation === 0 ? createFor(append) : append.conversation, append),
      )
    },
  }
}

function lastSeq({ expectedSeq, events }: PackedAppend): number {
  return expectedSeq + events.length
}

function advances(appends: readonly PackedAppend[]): ReadonlyMap<number, Advance> {
  const byConversation = new Map<number, Advance>()
  for (const append of appends) {
    if (append.conversation === 0) continue
    const before = byConversation.get(append.conversation)
    if (before !== undefined && lastSeq(before.last) !== append.expectedSeq) throw new ConflictError()
    byConversation.set(append.conversation, { from: before?.from ?? append.expectedSeq, last: append })
  }
  return byConversation
}
