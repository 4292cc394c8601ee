import { ConflictError, RevokedError } from '../../append-refusals.js'
import { chargesOf } from '../../charges.js'
import type { AppendOutcome } from '../../commit/batch.js'
import type { Append } from '../../event-log.js'
import { QuotaError, type Quotas } from '../../quotas.js'
import { describe } from '../../unavailable.js'
import { constraintOf, isOfValues } from '../postgres-error.js'
import { advance, charge, insertEvents, lastSeqOf, place } from './append-rows.js'
import { type Locked, newStays } from './locks.js'
import { project } from './projections.js'
import { holdCounts } from './quota-counts.js'
import type { Transaction } from './transaction.js'

const REPEATS = ['Event_messageId_conversationId_senderId_key', 'Request_pkey']
const CONFLICTS = ['Event_conversationId_seq_key', 'Conversation_uuid_key']

/** Writes the appends of one batch, all that can be together, inside the transaction of its caller. */
export class AppendWriter {
  readonly #transaction: Transaction
  readonly #quotas: Quotas
  readonly #locked: Locked
  /** Conversations of which an append failed: what was decided on top of it must be decided again. */
  readonly #failed = new Set<number>()

  constructor(transaction: Transaction, quotas: Quotas, locked: Locked) {
    this.#transaction = transaction
    this.#quotas = quotas
    this.#locked = locked
  }

  /** Where one is at fault, halves are tried by themselves, down to it. */
  async write(appends: readonly Append[]): Promise<readonly AppendOutcome[]> {
    if (appends.length === 0) return []
    try {
      return await this.#together(appends)
    } catch (error) {
      const [first] = appends
      if (first === undefined || !isOfOne(error)) throw error
      if (appends.length === 1) return [this.#refuse(first, error)]
      const half = Math.ceil(appends.length / 2)
      return [...(await this.write(appends.slice(0, half))), ...(await this.write(appends.slice(half)))]
    }
  }

  async #together(appends: readonly Append[]): Promise<readonly AppendOutcome[]> {
    const lastSeqs = new Map(this.#locked.lastSeqs)
    for (const append of appends) this.#require(append, lastSeqs)
    const charges = chargesOf(appends)
    // Before anything is written; of one alone after, for a repeat is a duplicate, whatever its sender has stored.
    if (appends.length > 1) this.#requireRoom(charges)
    const ids = await this.#transaction.isolate(() => this.#store(appends, charges))
    for (const [id, seq] of lastSeqs) this.#locked.lastSeqs.set(id, seq)
    for (const [userId, bytes] of charges) this.#locked.bytes.set(userId, this.#storedBy(userId) + bytes)
    return ids
  }

  /** What needs no statement: that an append follows the last of its conversation, under certificates that are good. */
  #require(append: Append, lastSeqs: Map<number, number>): void {
    const { conversation, expectedSeq } = append
    if (typeof conversation === 'number') {
      if (this.#failed.has(conversation) || lastSeqs.get(conversation) !== expectedSeq) throw new ConflictError()
      lastSeqs.set(conversation, lastSeqOf(append))
    } else if (expectedSeq !== 0) throw new ConflictError()
    if (newStays(append).some(({ fingerprint }) => this.#locked.revoked.has(fingerprint))) throw new RevokedError()
  }

  #requireRoom(charges: ReadonlyMap<number, number>): void {
    const limit = this.#quotas.storedBytesMax
    if (limit === 0) return
    for (const [userId, bytes] of charges)
      if (this.#storedBy(userId) + bytes > limit) throw new QuotaError('storedBytesMax', limit)
  }

  #storedBy(userId: number): number {
    return this.#locked.bytes.get(userId) ?? 0
  }

  async #store(appends: readonly Append[], charges: ReadonlyMap<number, number>): Promise<readonly number[]> {
    const placed = await place(this.#transaction, appends)
    advance(this.#transaction, placed)
    insertEvents(this.#transaction, placed)
    charge(this.#transaction, charges)
    for (const each of placed) project(this.#transaction, each)
    for (const append of appends) await holdCounts(this.#transaction, this.#quotas, append)
    await this.#transaction.settled()
    if (appends.length === 1) this.#requireRoom(charges)
    return placed.map(({ conversationId }) => conversationId)
  }

  #refuse({ conversation }: Append, error: unknown): AppendOutcome {
    if (typeof conversation === 'number') this.#failed.add(conversation)
    if (error instanceof ConflictError) return 'conflict'
    if (error instanceof RevokedError) return 'revoked'
    if (error instanceof QuotaError) return { quota: error.quota, limit: error.limit }
    const constraint = constraintOf(error) ?? ''
    if (REPEATS.includes(constraint)) return 'duplicate'
    return CONFLICTS.includes(constraint) ? 'conflict' : { cause: describe(error) }
  }
}

/** Whether a piece is at fault, rather than the database. */
export function isOfOne(error: unknown): boolean {
  return (
    error instanceof ConflictError || error instanceof RevokedError || error instanceof QuotaError || isOfValues(error)
  )
}
