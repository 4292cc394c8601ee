import type { Feed } from './feed.js'

/** The conversations of one connection, those that were given something longest ago first. */
export class Feeds {
  readonly #byId = new Map<number, Feed>()
  readonly #byUuid = new Map<string, Feed>()

  get(conversationId: number): Feed | null {
    return this.#byId.get(conversationId) ?? null
  }

  find(uuid: string): Feed | null {
    return this.#byUuid.get(uuid) ?? null
  }

  [Symbol.iterator](): Iterator<Feed> {
    return this.#byId.values()
  }

  /** One that is known already keeps its place. */
  add(feed: Feed): Feed {
    const known = this.get(feed.conversationId)
    if (known) return known
    this.#byId.set(feed.conversationId, feed)
    this.#byUuid.set(feed.uuid, feed)
    return feed
  }

  delete(feed: Feed): void {
    this.#byId.delete(feed.conversationId)
    this.#byUuid.delete(feed.uuid)
  }

  /** The first that has something to give, or may have. */
  get next(): Feed | null {
    for (const feed of this.#byId.values()) if (feed.isPartial || feed.next) return feed
    return null
  }

  /** Events of all of them that are not acknowledged. */
  get waiting(): number {
    let waiting = 0
    for (const feed of this.#byId.values()) waiting += Math.max(0, feed.lastSeq - feed.acked)
    return waiting
  }

  /** No conversation waits for the whole backlog of another. */
  rotate(feed: Feed): void {
    if (this.#byId.delete(feed.conversationId)) this.#byId.set(feed.conversationId, feed)
  }
}
