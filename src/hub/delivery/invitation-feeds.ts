import type { Notice } from '../../store/records.js'
import { type Count, InvitationFeed } from './invitation-feed.js'

/** Invitations given and not acknowledged: no more than so many at a time (protocol.md "Events"). */
const OUTSTANDING_MAX = 16
/** Invitations kept here; what is beyond them waits in the store. */
const KEPT_MAX = 64

/** Read at a time: what was given and not acknowledged is among it, two events of each. */
export const NOTICES_PAGE = 2 * OUTSTANDING_MAX + KEPT_MAX

/**
 * The invitations to the user of one connection: the earliest of what the device has not acknowledged. However
 * many others made, what is here takes no more memory; the rest is read when these were given.
 */
export class InvitationFeeds {
  readonly #feeds = new Map<string, InvitationFeed>()
  #outstanding = 0
  /** There may be more in the store. */
  #isMore = false
  /** What was acknowledged or joined while a page is read, which may hold it still; null when none is read. */
  #settled: Set<string> | null = null

  has(id: string): boolean {
    return this.#feeds.has(id)
  }

  /** An event that was just committed. */
  tell(notice: Notice): void {
    // In the order of the log: not before what waits there.
    if (this.#isMore || this.#settled || (this.#feeds.size >= KEPT_MAX && !this.has(notice.invitation)))
      this.#isMore = true
    else this.#add(notice)
  }

  /** There may be more in the store. */
  expectMore(): void {
    this.#isMore = true
  }

  /** What is about to be read with `load` begins here. */
  beginLoading(): void {
    this.#isMore = false
    this.#settled = new Set()
  }

  /** The earliest in the store, at most NOTICES_PAGE; what is known already keeps its place. */
  load(notices: readonly Notice[]): void {
    if (notices.length >= NOTICES_PAGE) this.#isMore = true
    for (const notice of notices) if (!this.#settled?.has(keyOf(notice.invitation, notice.place))) this.#add(notice)
    this.#settled = null
  }

  /** All that is here was given, and there may be more to read. */
  get wantsMore(): boolean {
    return this.#isMore && !this.#isFull && this.#waiting() === null
  }

  drop(id: string): void {
    this.#settled?.add(keyOf(id, 1))
    if (this.#feeds.get(id)?.isOutstanding) this.#outstanding -= 1
    this.#feeds.delete(id)
  }

  /** The next to give; null while there is none, or too many wait for their acknowledgement. */
  get next(): InvitationFeed | null {
    return this.#isFull ? null : this.#waiting()
  }

  /** Whether there is more to give, after an acknowledgement. */
  get isHeld(): boolean {
    return this.#isFull && (this.#isMore || this.#waiting() !== null)
  }

  gave({ invitation }: InvitationFeed): void {
    this.#change(invitation, (feed) => feed.gave())
  }

  /** Returns how many of its two events are acknowledged now, or null if there was nothing to acknowledge. */
  acknowledge(id: string): Count | null {
    return this.#change(id, (feed) => feed.acknowledge()) ?? null
  }

  /**
   * It is stored that so many of its events are acknowledged, or that failed: until then the store would tell them
   * anew.
   */
  settle(id: string, acked: Count, isStored: boolean): void {
    if (isStored) for (let place: Count = 1; place <= acked; place += 1) this.#settled?.add(keyOf(id, place as Count))
    this.#change(id, (feed) => (isStored ? feed.settle(acked) : feed.unsettle(acked)))
    if (this.#feeds.get(id)?.isEmpty) this.#feeds.delete(id)
  }

  #change<T>(id: string, change: (feed: InvitationFeed) => T): T | undefined {
    const feed = this.#feeds.get(id)
    if (!feed) return
    const wasOutstanding = feed.isOutstanding
    const result = change(feed)
    this.#outstanding += Number(feed.isOutstanding) - Number(wasOutstanding)
    return result
  }

  /** How many events of each were given, of those that are not acknowledged. */
  get given(): ReadonlyMap<string, number> {
    return new Map([...this.#feeds.values()].flatMap(({ invitation, given }) => (given ? [[invitation, given]] : [])))
  }

  /** How many events that are not acknowledged are here; null while there may be more. */
  get known(): number | null {
    if (this.#isMore || this.#settled) return null
    let known = 0
    for (const feed of this.#feeds.values()) known += feed.size
    return known
  }

  get #isFull(): boolean {
    return this.#outstanding >= OUTSTANDING_MAX
  }

  #add(notice: Notice): void {
    const feed = this.#feeds.get(notice.invitation) ?? new InvitationFeed(notice)
    feed.add(notice)
    this.#feeds.set(notice.invitation, feed)
  }

  #waiting(): InvitationFeed | null {
    for (const feed of this.#feeds.values()) if (feed.next !== null) return feed
    return null
  }
}

const keyOf = (invitation: string, place: Count) => `${invitation} ${place}`
