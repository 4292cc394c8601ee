import type { Claim, Wake } from '../bus/bus.js'
import type { EventLog } from '../store/event-log.js'
import type { ConversationId } from '../wire/formats.js'
import { ConversationQueue, type Publish, type Rivals } from './conversation-queue.js'

/** Loaded conversations; beyond so many the ones used longest ago are forgotten, to be loaded again. */
const LOADED_MAX = 10_000

/** One queue for each conversation in use. */
export class Conversations {
  readonly #log: EventLog
  readonly #publish: Publish
  readonly #loadedMax: number
  readonly #rivals: Rivals | null
  readonly #queues = new Map<string, ConversationQueue>()

  /** `rivals`: null where no other node stores events. */
  constructor(log: EventLog, publish: Publish, rivals: Rivals | null = null, loadedMax = LOADED_MAX) {
    this.#rivals = rivals
    this.#log = log
    this.#publish = publish
    this.#loadedMax = loadedMax
  }

  /** The queue if it is loaded: the way of every message but the first. */
  peek(uuid: ConversationId): ConversationQueue | null {
    const queue = this.#queues.get(uuid)
    if (!queue?.isLoaded) return null
    queue.wasUsed = true
    return queue
  }

  /** The queue of a conversation, loaded; null if there is no such conversation. */
  async open(uuid: ConversationId): Promise<ConversationQueue | null> {
    const queue = this.#touch(uuid)
    if (await queue.open()) return queue
    if (this.#queues.get(uuid) === queue) this.#queues.delete(uuid)
    return null
  }

  /** Of what is loaded, each conversation with the last event that is known. */
  get heads(): readonly (readonly [conversationId: number, lastSeq: number])[] {
    return [...this.#queues.values()].flatMap(({ id, committed }) =>
      committed ? [[id, committed.lastSeq] as const] : [],
    )
  }

  /** Another node stored an event of a conversation. */
  hear({ uuid, seq, isPlain, isMore }: Pick<Wake, 'uuid' | 'seq' | 'isPlain' | 'isMore'>): void {
    this.#queues.get(uuid)?.hearOf(seq, isPlain, isMore)
  }

  /** Another node wants its turn in a conversation. */
  yieldTo({ uuid }: Claim): void {
    this.#queues.get(uuid)?.yield()
  }

  /** The store has events of conversations, by their ids, up to these. */
  hearOfAll(lastSeqs: ReadonlyMap<number, number>): void {
    if (lastSeqs.size === 0) return
    for (const queue of this.#queues.values()) {
      const seq = lastSeqs.get(queue.id)
      if (seq !== undefined) queue.hearOf(seq, false, false)
    }
  }

  #touch(uuid: ConversationId): ConversationQueue {
    const queue = this.#queues.get(uuid) ?? new ConversationQueue(uuid, this.#log, this.#publish, this.#rivals)
    queue.wasUsed = true
    this.#queues.set(uuid, queue)
    if (this.#queues.size > this.#loadedMax) this.#forget()
    return queue
  }

  /** Second chance: one that was used since the last look goes to the end, and the next is looked at. */
  #forget(): void {
    let looks = 2 * this.#queues.size
    for (const [uuid, queue] of this.#queues) {
      looks -= 1
      if (this.#queues.size <= this.#loadedMax || looks < 0) return
      this.#queues.delete(uuid)
      if (queue.isIdle && !queue.wasUsed) continue
      queue.wasUsed = false
      this.#queues.set(uuid, queue)
    }
  }
}
