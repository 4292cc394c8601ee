import { deepEqual } from 'node:assert/strict'
import { cp, mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { restore } from '../../../src/hub/conversation/projection.js'
import type { Conversation } from '../../../src/hub/conversation/state.js'
import { encodePem } from '../../../src/pki/pem.js'
import { conversationReads } from '../../../src/store/reads/conversations.js'
import { identityReads } from '../../../src/store/reads/identities.js'
import { eventPages } from '../../../src/store/sqlite/event-pages.js'
import { sqliteReaders } from '../../../src/store/sqlite/readers.js'
import type { Fact, Ledger } from './ledger.js'
import { type Decoding, plain, rebuild } from './rebuild.js'

const EVERYTHING = { upTo: Number.MAX_SAFE_INTEGER, limit: 1_000_000, maxBytes: Number.MAX_SAFE_INTEGER }

const ACKED = `
  SELECT coalesce(max(k."seq"), 0) FROM "Cursor" k JOIN "Device" d ON d."id" = k."deviceId"
  JOIN "User" u ON u."id" = d."userId" JOIN "Conversation" c ON c."id" = k."conversationId"
  WHERE u."username" = ? AND d."name" = 'reader' AND c."uuid" = ?`
const USAGE = `SELECT "userId", "bytes" FROM "Usage" WHERE "bytes" > 0 ORDER BY "userId"`
const USED = `
  SELECT "senderId" AS "userId", sum(octet_length("body")) AS "bytes" FROM "Event"
  WHERE "type" IN ('message', 'started', 'invited', 'accepted', 'joined') GROUP BY "senderId" ORDER BY "senderId"`
const PARTS = `
  SELECT count(*) FROM "User" u LEFT JOIN "Certificate" c ON c."userId" = u."id" LEFT JOIN "Key" k ON k."userId" = u."id"
  WHERE c."id" IS NULL OR k."spkiHash" IS NULL`

/** Where the log of each conversation was left by the look before. */
export type Rebuilt = Map<string, Conversation>

/** What a server that was killed has left in its database, which is looked at as a copy. */
export class Stored {
  readonly #db: Database.Database
  readonly #conversations
  readonly #identities

  private constructor(path: string) {
    this.#db = new Database(path)
    const readers = sqliteReaders(this.#db)
    this.#conversations = { ...conversationReads(readers), read: eventPages(this.#db) }
    this.#identities = identityReads(readers.read)
  }

  static async copy(directory: string): Promise<Stored> {
    const copy = await mkdtemp(join(directory, 'copy-'))
    // The socket of a server that was killed is still there, and cannot be copied.
    const filter = (path: string) => !path.endsWith('.sock')
    await cp(join(directory, 'data'), copy, { recursive: true, filter })
    return new Stored(join(copy, 'hermes.db'))
  }

  close(): void {
    this.#db.close()
  }

  /** Throws unless a fact holds. */
  async hold(fact: Fact): Promise<void> {
    switch (fact.what) {
      case 'event':
        return this.#holdEvent(fact)
      case 'start': {
        const request = await this.#conversations.findRequest(await this.#idOf(fact.username), fact.requestId)
        return deepEqual([request?.uuid, request?.seq], [fact.conversation, 1], 'a start is not there')
      }
      case 'ack': {
        const acked =
          this.#db.prepare<[string, string], number>(ACKED).pluck().get(fact.username, fact.conversation) ?? 0
        if (acked < fact.seq) throw new Error(`${fact.username} acknowledged ${fact.seq}, stored is ${acked}`)
        return
      }
      case 'user': {
        const der = (await this.#identities.findIdentity(fact.username))?.certificate.der ?? new Uint8Array()
        return deepEqual(encodePem('CERTIFICATE', der), fact.certificate, `${fact.username} is not there`)
      }
    }
  }

  /** Throws unless every projection is what the log makes of it. */
  async agree(ledger: Ledger, rebuilt: Rebuilt = new Map()): Promise<void> {
    const all = this.#db
      .prepare<[], { uuid: string; lastSeq: number }>('SELECT "uuid", "lastSeq" FROM "Conversation"')
      .all()
    const decoding = this.#decoding(ledger)
    for (const { uuid, lastSeq } of all) {
      const before = rebuilt.get(uuid)
      if (before?.lastSeq === lastSeq) continue
      const snapshot = await this.#conversations.load(uuid)
      if (!snapshot) throw new Error(`conversation ${uuid} cannot be loaded`)
      const events = await this.#conversations.read(snapshot.id, { ...EVERYTHING, after: before?.lastSeq ?? 0 })
      for (const { body } of events) checkPayload(ledger, body)
      const state = rebuild(uuid, events, decoding, before)
      deepEqual(plain(restore(snapshot)), plain(state), `the projections of ${uuid} are not what its log says`)
      deepEqual(snapshot.closed, plain(state).closed)
      rebuilt.set(uuid, state)
    }
    deepEqual(this.#db.prepare(USAGE).all(), this.#db.prepare(USED).all(), 'usage is not what the log says')
    deepEqual(this.#db.prepare(PARTS).pluck().get(), 0, 'a user is not whole')
  }

  async #holdEvent({ conversation, seq, expected }: Extract<Fact, { what: 'event' }>): Promise<void> {
    const id = this.#db
      .prepare<[string], number>('SELECT "id" FROM "Conversation" WHERE "uuid" = ?')
      .pluck()
      .get(conversation)
    const [event] = await this.#conversations.read(id ?? 0, { after: seq - 1, upTo: seq, limit: 1, maxBytes: 1 })
    const body = JSON.parse(event?.body ?? '{}') as Record<string, unknown>
    const found = Object.fromEntries(Object.keys(expected).map((name) => [name, body[name]]))
    deepEqual(found, expected, `event ${seq} of ${conversation} is not what was answered`)
  }

  #decoding({ raising }: Ledger): Decoding {
    const users = this.#db.prepare<[], { id: number; username: string }>('SELECT "id", "username" FROM "User"').all()
    const ids = new Map(users.map(({ id, username }) => [username, id]))
    return { userId: (username) => ids.get(username) ?? 0, raises: (id) => raising.has(id) }
  }

  async #idOf(username: string): Promise<number> {
    return (await this.#identities.findIdentity(username))?.user.id ?? 0
  }
}

function checkPayload({ payloads }: Ledger, body: string): void {
  const { type, messageId, payload } = JSON.parse(body) as { type: string; messageId: string; payload: string }
  if (type === 'message' && payloads.get(messageId) !== payload) throw new Error(`nobody sent ${messageId} so`)
}
