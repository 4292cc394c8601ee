import { LRUCache } from 'lru-cache'
import { HermesError } from '../errors.js'
import { siteOf } from './address.js'
import { tryAgain } from './try-again.js'

/** Addresses remembered; an attacker with more of them than this has outgrown limits by address. */
const ADDRESSES_MAX = 100_000

const SITE_VARIABLE = 'HERMES_ADDRESSES_PER_SITE'

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
  /** How many times `max` a /48 of IPv6 may; 0 for no limit, as where it is no address that is counted. */
  readonly addressesPerSite?: number
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

  /** Counts one; throws `rate_limited` when the window of the address, or of its site, is used up. */
  take(address: string): void {
    const { variable, max, whose = 'from one address', addressesPerSite = 0 } = this.#options
    if (max === 0) return
    const site = addressesPerSite === 0 ? null : siteOf(address)
    const own = this.#open(address, max, whose, variable)
    const shared =
      site === null ? null : this.#open(site, max * addressesPerSite, 'from one /48 of IPv6', SITE_VARIABLE)
    own.count += 1
    if (shared !== null) shared.count += 1
  }

  /** The window, where there is room in it. */
  #open(key: string, max: number, whose: string, variable: string): Window {
    const { what, windowMs, clock } = this.#options
    const now = clock()
    const window = this.#windowOf(key, now, windowMs)
    if (window.count < max) return window
    const retryAfterMs = Math.ceil(window.since + windowMs - now)
    const sentence = `At most ${max} ${what} ${whose} in ${windowMs / 60_000} minutes`
    throw new HermesError('rate_limited', `${sentence} (${variable}): ${tryAgain(retryAfterMs)}`, { retryAfterMs })
  }

  #windowOf(address: string, now: number, windowMs: number): Window {
    const known = this.#windows.get(address)
    if (known !== undefined && now < known.since + windowMs) return known
    const window = { since: now, count: 0 }
    this.#windows.set(address, window)
    return window
  }
}
