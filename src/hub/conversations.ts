import type { EventLog } from '../store/event-log.js'
import type { ConversationId } from '../wire/formats.js'
import { ConversationQueue, type Publish } from './conversation-queue.js'

/** Loaded conversations; beyond so many the ones used longest ago are forgotten, to be loaded again. */
const LOADED_MAX = 10_000

/** One queue for each conversation in use. */
export class Conversations {
  readonly #log: EventLog
  readonly #publish: Publish
  readonly #queues = new Map<string, ConversationQueue>()

  constructor(log: EventLog, publish: Publish) {
    this.#log = log
    this.#publish = publish
  }

  /** The queue if it is loaded: the way of every message but the first. */
  peek(uuid: ConversationId): ConversationQueue | null {
    const queue = this.#queues.get(uuid)
    return queue?.state ? queue : null
  }

  /** The queue of a conversation, loaded; null if there is no such conversation. */
  async open(uuid: ConversationId): Promise<ConversationQueue | null> {
    const queue = this.#touch(uuid)
    if (await queue.open()) return queue
    this.#queues.delete(uuid)
    return null
  }

  #touch(uuid: ConversationId): ConversationQueue {
    const queue = this.#queues.get(uuid) ?? new ConversationQueue(uuid, this.#log, this.#publish)
    this.#queues.delete(uuid)
    this.#queues.set(uuid, queue)
    if (this.#queues.size > LOADED_MAX) this.#forget()
    return queue
  }

  #forget(): void {
    for (const [uuid, queue] of this.#queues) {
      if (this.#queues.size <= LOADED_MAX) return
      if (queue.isIdle) this.#queues.delete(uuid)
    }
  }
}
