import type { Notice } from '../../store/records.js'
import type { InvitationId } from '../../wire/formats.js'

/** How many of the two events of an invitation. */
export type Count = 1 | 2

/**
 * An invitation to the user of a connection: two events at most, `invited` and its end, outside the log.
 * Each acknowledgement is of the earliest one given and not acknowledged, so that an end that crosses the
 * acknowledgement of `invited` on its way is not lost.
 */
export class InvitationFeed {
  readonly invitation: InvitationId
  readonly conversationId: number
  /** Not acknowledged, in order; the first of them were given. */
  readonly #notices: Notice[] = []
  #given = 0
  /** Acknowledged, which is not durable yet. */
  readonly #settling = new Set<Count>()

  constructor({ invitation, conversationId }: Notice) {
    this.invitation = invitation as InvitationId
    this.conversationId = conversationId
  }

  /** One that is known already changes nothing. */
  add(notice: Notice): void {
    if (!this.#notices.some(({ seq }) => seq === notice.seq)) this.#notices.push(notice)
  }

  /** Seq of the next event to give, or null. */
  get next(): number | null {
    return this.#notices[this.#given]?.seq ?? null
  }

  get isOutstanding(): boolean {
    return this.#earliest !== null
  }

  /** How many of its events were given and acknowledged, or given; null while none was given. */
  get given(): Count | null {
    return this.#notices[this.#given - 1]?.place ?? null
  }

  get size(): number {
    return this.#notices.length
  }

  get isEmpty(): boolean {
    return this.#notices.length === 0
  }

  gave(): void {
    this.#given += 1
  }

  /**
   * Returns how many of its events are acknowledged now, or null if there was nothing to acknowledge. A repeat, while
   * that is not durable, is the same one once more.
   */
  acknowledge(): Count | null {
    const earliest = this.#earliest
    if (earliest === null) return this.#settling.size > 0 ? (Math.max(...this.#settling) as Count) : null
    this.#settling.add(earliest)
    return earliest
  }

  /** It is durable that so many of its events are acknowledged. */
  settle(acked: Count): void {
    while ((this.#notices[0]?.place ?? Number.POSITIVE_INFINITY) <= acked) {
      this.#notices.shift()
      this.#given -= 1
    }
    for (const place of this.#settling) if (place <= acked) this.#settling.delete(place)
  }

  /** That could not be stored: it waits for another. */
  unsettle(acked: Count): void {
    this.#settling.delete(acked)
  }

  /** Place of the earliest event given and not acknowledged, or null. */
  get #earliest(): Count | null {
    const given = this.#notices.slice(0, this.#given)
    return given.find(({ place }) => !this.#settling.has(place))?.place ?? null
  }
}
