import { LRUCache } from 'lru-cache'

const ACCOUNTS_MAX = 100_000
const WINDOW_MS = 15 * 60_000
const FIRST_DELAY_MS = 1000
const MAX_DELAY_MS = 60_000

interface Failures {
  readonly since: number
  count: number
}

/**
 * Slows guesses at one account that come from many addresses; an account is never locked as a whole, or anyone
 * could lock its owner out. In memory: each node of a cluster delays for itself.
 */
export class AccountDelay {
  /** Failures within 15 minutes that cost nothing; 0 turns delays off. */
  readonly #free: number
  readonly #accounts = new LRUCache<string, Failures>({ max: ACCOUNTS_MAX })

  constructor(free: number) {
    this.#free = free
  }

  /** Counts an attempt before it is made, so that parallel ones count each, and answers its delay in milliseconds. */
  count(username: string, now: Date): number {
    const failures = this.#failuresOf(username, now.getTime())
    const excess = failures.count - this.#free
    failures.count += 1
    if (this.#free === 0 || excess < 0) return 0
    return Math.min(FIRST_DELAY_MS * 2 ** excess, MAX_DELAY_MS)
  }

  /** Takes an attempt back that was no wrong guess. */
  forgive(username: string): void {
    const failures = this.#accounts.get(username)
    if (failures !== undefined && failures.count > 0) failures.count -= 1
  }

  #failuresOf(username: string, now: number): Failures {
    const known = this.#accounts.get(username)
    if (known !== undefined && now < known.since + WINDOW_MS) return known
    const failures = { since: now, count: 0 }
    this.#accounts.set(username, failures)
    return failures
  }
}
