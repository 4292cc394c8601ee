import { LRUCache } from 'lru-cache'

const ENTRIES_MAX = 100_000
const WINDOW_MS = 15 * 60_000
const FIRST_DELAY_MS = 1000
const MAX_DELAY_MS = 60_000

interface Failures {
  readonly since: number
  count: number
}

/** An attempt that is counted, and what it has to wait. */
export interface DelayedAttempt {
  readonly delayMs: number
  /** Takes it back: it was no wrong guess. */
  readonly forgive: () => void
}

/**
 * Slows guesses at one account from many addresses: each waits for the failures of the others. Those of its own
 * address are the lock's business. An account is never locked as a whole, or anyone could lock its owner out.
 * In memory: each node of a cluster delays for itself.
 */
export class AccountDelay {
  /** What one address can add, since it is locked then; 0 turns delays off. */
  readonly #perAddress: number
  readonly #clock: () => number
  readonly #accounts = new LRUCache<string, Failures>({ maxSize: ENTRIES_MAX, sizeCalculation: () => 1 })
  readonly #pairs = new LRUCache<string, Failures>({ maxSize: ENTRIES_MAX, sizeCalculation: () => 1 })

  /** `clock` in monotonic milliseconds. */
  constructor(perAddress: number, clock: () => number) {
    this.#perAddress = perAddress
    this.#clock = clock
  }

  /** Counts an attempt before it is made, so that parallel ones count each. */
  begin(username: string, address: string): DelayedAttempt {
    const now = this.#clock()
    const account = windowOf(this.#accounts, username, now)
    const pair = windowOf(this.#pairs, `${username} ${address}`, now, account.since)
    const delayMs = this.#delayFor(account.count - pair.count)
    if (pair.count >= this.#perAddress) return { delayMs, forgive: () => undefined }
    account.count += 1
    pair.count += 1
    const forgive = () => {
      account.count -= 1
      pair.count -= 1
    }
    return { delayMs, forgive }
  }

  /** Forgets the failures of an account: its window begins anew. */
  lift(username: string): void {
    this.#accounts.delete(username)
  }

  /** Two addresses' worth of failures is free: people mistype on their phone, too. */
  #delayFor(failuresOfOthers: number): number {
    const excess = failuresOfOthers - this.#perAddress * 2
    if (this.#perAddress === 0 || excess < 0) return 0
    return Math.min(FIRST_DELAY_MS * 2 ** excess, MAX_DELAY_MS)
  }
}

/** One that began before `from` counts no more. */
function windowOf(table: LRUCache<string, Failures>, key: string, now: number, from = 0): Failures {
  const known = table.get(key)
  if (known !== undefined && known.since >= from && now < known.since + WINDOW_MS) return known
  const failures = { since: now, count: 0 }
  table.set(key, failures)
  return failures
}
