import { LRUCache } from 'lru-cache'
import { HermesError } from '../errors.js'
import { tryAgain } from './try-again.js'

/** Addresses remembered; an attacker with more of them than this has outgrown limits by address. */
const ADDRESSES_MAX = 100_000

interface Window {
  readonly since: number
  count: number
}

export interface AddressLimitOptions {
  /** What is counted, as in "passwords"; for the refusal. */
  readonly what: string
  /** That sets it. */
  readonly variable: string
  /** Within one window; 0 for no limit. */
  readonly max: number
  /** Whose they are; by default those from one address. */
  readonly whose?: string
  readonly windowMs: number
  /** Monotonic milliseconds. */
  readonly clock: () => number
}

/** Counts what each address, or each user, does in windows of fixed length, in memory. */
export class AddressLimit {
  readonly #options: AddressLimitOptions
  readonly #windows = new LRUCache<string, Window>({ maxSize: ADDRESSES_MAX, sizeCalculation: () => 1 })

  constructor(options: AddressLimitOptions) {
    this.#options = options
  }

  /** Counts one; throws `rate_limited` when the window of the address is used up. */
  take(address: string): void {
    const { what, variable, max, whose = 'from one address', windowMs, clock } = this.#options
    if (max === 0) return
    const now = clock()
    const window = this.#windowOf(address, now, windowMs)
    if (window.count >= max) {
      const retryAfterMs = Math.ceil(window.since + windowMs - now)
      const sentence = `At most ${max} ${what} ${whose} in ${windowMs / 60_000} minutes`
      throw new HermesError('rate_limited', `${sentence} (${variable}): ${tryAgain(retryAfterMs)}`, { retryAfterMs })
    }
    window.count += 1
  }

  #windowOf(address: string, now: number, windowMs: number): Window {
    const known = this.#windows.get(address)
    if (known !== undefined && now < known.since + windowMs) return known
    const window = { since: now, count: 0 }
    this.#windows.set(address, window)
    return window
  }
}
