import type { Database } from 'better-sqlite3'

// Retention may have removed that very event: then the next one tells. Where it removed all that came after, too,
// the answer is 0: what is gone may always have been given before.
const FIRST_FROM = `
  SELECT coalesce((SELECT "id" FROM "Event" WHERE "conversationId" = c."id" AND "seq" >= @seq ORDER BY "seq" LIMIT 1), 0)
  FROM "Conversation" c WHERE c."id" = @conversationId AND c."lastSeq" >= @seq`

/** Which events were stored before this process opened the log. */
export class EarlierEvents {
  readonly #firstFrom
  #newestId: number

  constructor(db: Database) {
    this.#firstFrom = db.prepare<[{ conversationId: number; seq: number }], number>(FIRST_FROM).pluck()
    this.#newestId = db.prepare<[], number>('SELECT coalesce(max("id"), 0) FROM "Event"').pluck().get() ?? 0
  }

  has(conversationId: number, seq: number): boolean {
    const id = this.#firstFrom.get({ conversationId, seq })
    return id !== undefined && id <= this.#newestId
  }

  /** After a removal: ids above the newest that is left may be given again, to events of this process. */
  keepUpTo(newestId: number): void {
    this.#newestId = Math.min(this.#newestId, newestId)
  }
}
