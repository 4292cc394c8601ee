import type { EventLog } from '../store/event-log.js'
import type { ConversationId } from '../wire/formats.js'
import { ConversationQueue, type Publish } from './conversation-queue.js'

/** Loaded conversations; beyond so many the ones used longest ago are forgotten, to be loaded again. */
const LOADED_MAX = 10_000

/** One queue for each conversation in use. */
export class Conversations {
  readonly #log: EventLog
  readonly #publish: Publish
  readonly #loadedMax: number
  readonly #queues = new Map<string, ConversationQueue>()

  constructor(log: EventLog, publish: Publish, loadedMax = LOADED_MAX) {
    this.#log = log
    this.#publish = publish
    this.#loadedMax = loadedMax
  }

  /** The queue if it is loaded: the way of every message but the first. */
  peek(uuid: ConversationId): ConversationQueue | null {
    const queue = this.#queues.get(uuid)
    if (!queue?.state) return null
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

  #touch(uuid: ConversationId): ConversationQueue {
    const queue = this.#queues.get(uuid) ?? new ConversationQueue(uuid, this.#log, this.#publish)
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
