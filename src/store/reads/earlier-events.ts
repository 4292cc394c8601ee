import { type Read, row } from '../work.js'

const NEWEST = 'SELECT coalesce(max("id"), 0) AS "id" FROM "Event"'

// Retention may have removed that very event: then the next one tells. Where it removed all that came after, too,
// the answer is 0: what is gone may always have been given before.
const FIRST_FROM = `
  SELECT coalesce(
    (SELECT "id" FROM "Event" WHERE "conversationId" = c."id" AND "seq" >= $2 ORDER BY "seq" LIMIT 1), 0) AS "id"
  FROM "Conversation" c WHERE c."id" = $1 AND c."lastSeq" >= $2`

interface Id {
  readonly id: number
}

/** Which events were stored before this process opened the log. */
export class EarlierEvents {
  readonly #read: Read
  #newestId: number

  private constructor(read: Read, newestId: number) {
    this.#read = read
    this.#newestId = newestId
  }

  static async asOfNow(read: Read): Promise<EarlierEvents> {
    return new EarlierEvents(read, (await read(row<Id>(NEWEST)))?.id ?? 0)
  }

  async has(conversationId: number, seq: number): Promise<boolean> {
    const first = await this.#read(row<Id>(FIRST_FROM, conversationId, seq))
    return first !== null && first.id <= this.#newestId
  }

  /** After a removal: where ids above the newest that is left may be given again, to events of this process. */
  keepUpTo(newestId: number): void {
    this.#newestId = Math.min(this.#newestId, newestId)
  }
}
