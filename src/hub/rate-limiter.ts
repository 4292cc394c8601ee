import { LRUCache } from 'lru-cache'

/** Users whose spending is remembered; one who was forgotten has long been idle. */
const REMEMBERED_USERS = 100_000

/**
 * Requests of each user over all his connections, as one theoretical arrival time for each (GCRA).
 * `clock` in monotonic milliseconds.
 */
export class RateLimiter {
  readonly #intervalMs: number
  readonly #toleranceMs: number
  readonly #clock: () => number
  readonly #arrivals = new LRUCache<number, number>({ maxSize: REMEMBERED_USERS, sizeCalculation: () => 1 })

  /** `perSecond` 0: no limit. */
  constructor(perSecond: number, burst: number, clock: () => number) {
    this.#intervalMs = perSecond === 0 ? 0 : 1000 / perSecond
    this.#toleranceMs = this.#intervalMs * (burst - 1)
    this.#clock = clock
  }

  /** Counts a request that may run now: 0. Otherwise counts nothing and says in how many milliseconds it may. */
  take(userId: number): number {
    if (this.#intervalMs === 0) return 0
    const now = this.#clock()
    const arrival = Math.max(this.#arrivals.get(userId) ?? now, now)
    const wait = arrival - this.#toleranceMs - now
    if (wait > 0) return Math.ceil(wait)
    this.#arrivals.set(userId, arrival + this.#intervalMs)
    return 0
  }
}
