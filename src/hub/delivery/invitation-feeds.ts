import type { MailboxInvitation } from '../../store/records.js'
import { InvitationFeed } from './invitation-feed.js'

/** Invitations given and not acknowledged: no more than so many at a time (protocol.md "Events"). */
const OUTSTANDING_MAX = 16

/** The invitations to the user of one connection. */
export class InvitationFeeds {
  readonly #feeds = new Map<string, InvitationFeed>()
  #outstanding = 0

  has(id: string): boolean {
    return this.#feeds.has(id)
  }

  /** One that is known already keeps its place. */
  add(invitation: Omit<MailboxInvitation, 'uuid'>): void {
    if (!this.has(invitation.invitation)) this.#feeds.set(invitation.invitation, new InvitationFeed(invitation))
  }

  end(id: string, seq: number): void {
    this.#feeds.get(id)?.end(seq)
  }

  drop(id: string): void {
    if (this.#feeds.get(id)?.isOutstanding) this.#outstanding -= 1
    this.#feeds.delete(id)
  }

  /** The next to give; null while there is none, or too many wait for their acknowledgement. */
  get next(): InvitationFeed | null {
    return this.#isFull ? null : this.#waiting()
  }

  /** Whether there is more to give, after an acknowledgement. */
  get isHeld(): boolean {
    return this.#isFull && this.#waiting() !== null
  }

  gave(feed: InvitationFeed): void {
    if (!feed.isOutstanding) this.#outstanding += 1
    feed.gave()
  }

  /** Returns how many of its two events are acknowledged now, or null if there was nothing to acknowledge. */
  acknowledge(id: string): 1 | 2 | null {
    const feed = this.#feeds.get(id)
    const acked = feed?.acknowledge() ?? null
    if (!feed || acked === null) return null
    if (!feed.isOutstanding) this.#outstanding -= 1
    if (feed.isOver) this.#feeds.delete(id)
    return acked
  }

  /** How many events of each were given, of those that are not acknowledged. */
  get given(): ReadonlyMap<string, number> {
    const outstanding = [...this.#feeds.values()].filter((feed) => feed.isOutstanding)
    return new Map(outstanding.map((feed) => [feed.invitation, feed.given]))
  }

  get #isFull(): boolean {
    return this.#outstanding >= OUTSTANDING_MAX
  }

  #waiting(): InvitationFeed | null {
    for (const feed of this.#feeds.values()) if (feed.next !== null) return feed
    return null
  }
}
