import { randomUUID } from 'node:crypto'

/** By the clocks of two nodes together. */
const FRESH_MS = 60_000

/** What a node puts on that which means something only once and now. */
export interface Mark {
  /** A node, from one start to the next. */
  readonly sender: string
  /** Grows with each that it sends. */
  readonly number: number
  /** Milliseconds since the epoch of Unix. */
  readonly at: number
}

/**
 * Tells what nodes say from a recording of it. NATS keeps the order of what one node says, so that whatever has no
 * higher number was said before; of nodes that were not heard lately the clock decides.
 */
export class Marks {
  readonly #now: () => number
  readonly #sender = randomUUID()
  #number = 0
  readonly #last = new Map<string, Mark>()

  constructor(now: () => number) {
    this.#now = now
  }

  next(): Mark {
    this.#number += 1
    return { sender: this.#sender, number: this.#number, at: this.#now() }
  }

  /** Whether it is said now, for the first time, by another node. */
  isNew(mark: Mark): boolean {
    if (mark.sender === this.#sender || !this.#isFresh(mark)) return false
    const last = this.#last.get(mark.sender)
    if (last !== undefined && mark.number <= last.number) return false
    if (last === undefined) this.#forget()
    this.#last.set(mark.sender, mark)
    return true
  }

  /** Of whom nothing is fresh any more, what he said before is not either. */
  #forget(): void {
    for (const [sender, mark] of this.#last) if (!this.#isFresh(mark)) this.#last.delete(sender)
  }

  #isFresh({ at }: Mark): boolean {
    return Math.abs(this.#now() - at) <= FRESH_MS
  }
}
