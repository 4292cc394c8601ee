import { type Home, selfOf } from '../home.js'
import { renewSameKey } from '../renewal.js'

/** The certificate of now. */
interface Life {
  readonly notBefore: Date
  readonly notAfter: Date
}

const AGAIN_MS = 3_600_000
/** Node's timers hold no more than 2^31 - 1. */
const TIMER_MS_MAX = 86_400_000

/**
 * When to renew, in milliseconds since 1970: at two thirds of the life, and up to a twentieth of it later as `random`
 * (0 to 1) has it, so that those who were certified together do not come together.
 */
export function renewalDueAt({ notBefore, notAfter }: Life, random: number): number {
  const life = notAfter.getTime() - notBefore.getTime()
  return notBefore.getTime() + life * (2 / 3 + random / 20)
}

/** Renews the certificate of this device in time, while its client is connected or tries to be. */
export class Renewals {
  readonly #home: Home
  readonly #random: () => number
  #timer: NodeJS.Timeout | undefined
  #isRunning = false
  #renewing: Promise<void> | null = null

  constructor(home: Home, random = Math.random) {
    this.#home = home
    this.#random = random
  }

  start(): void {
    if (this.#isRunning) return
    this.#isRunning = true
    this.#schedule(renewalDueAt(selfOf(this.#home), this.#random()))
  }

  /** The hub says that it is time. */
  now(): void {
    if (this.#isRunning) this.#schedule(0)
  }

  async stop(): Promise<void> {
    this.#isRunning = false
    clearTimeout(this.#timer)
    await this.#renewing
  }

  #schedule(at: number): void {
    clearTimeout(this.#timer)
    const ms = at - this.#home.now().getTime()
    const act = () => {
      if (ms > TIMER_MS_MAX) this.#schedule(at)
      else this.#renewing ??= this.#renew()
    }
    this.#timer = setTimeout(act, Math.min(Math.max(ms, 0), TIMER_MS_MAX))
    this.#timer.unref()
  }

  async #renew(): Promise<void> {
    let next = this.#home.now().getTime() + AGAIN_MS
    try {
      await renewSameKey(this.#home)
      next = Math.max(next, renewalDueAt(selfOf(this.#home), this.#random()))
    } catch (error) {
      this.#home.notices.tell({ type: 'renewal_failed', error: error as Error })
    }
    this.#renewing = null
    if (this.#isRunning) this.#schedule(next)
  }
}
