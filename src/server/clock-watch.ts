import type { BelievedTime } from '../store/believed-time.js'
import type { ClockStore } from '../store/clock-store.js'
import type { StoreLogger } from '../store/logger.js'

const HOUR_MS = 3600 * 1000
/** What is less goes by itself, and nobody need be told. */
const DOUBT_MS = HOUR_MS

export interface ClockWatchOptions {
  readonly clock: ClockStore
  readonly now: () => Date
  /** Milliseconds that pass whatever becomes of the time. */
  readonly monotonic?: () => number
  /** Hours of running after which a clock that went ahead is believed; 0 for at once. */
  readonly graceHours: number
  readonly logger: StoreLogger
}

/** Looks at the clock before something is removed for good, and says when it is not believed. */
export class ClockWatch {
  readonly #options: Required<ClockWatchOptions>
  #last: { readonly time: BelievedTime; readonly at: number } | null = null
  #aheadMs = 0
  #isTold = false

  constructor(options: ClockWatchOptions) {
    this.#options = { monotonic: () => performance.now(), ...options }
  }

  /** How far the clock was ahead of what is believed at the last look, in milliseconds. */
  get aheadMs(): number {
    return this.#aheadMs
  }

  /**
   * What time it is believed to be: no later than this node's clock, nor the database's, nor what was seen to pass.
   * Rejects where the store cannot be written.
   */
  async look(): Promise<Date> {
    const { clock, now, monotonic, graceHours } = this.#options
    const read = await clock.read()
    const [own, at] = [now().getTime(), monotonic()]
    const last = this.#last && { time: this.#last.time, elapsedMs: at - this.#last.at }
    const said = read?.getTime() ?? own
    const time = await clock.look({ clock: said, last, graceMs: graceHours * HOUR_MS })
    this.#last = { time, at }
    if (graceHours === 0) return new Date(own)
    this.#aheadMs = Math.max(0, own - time.believed, said - time.believed)
    this.#tell(time, own > said + DOUBT_MS)
    return new Date(Math.min(own, time.believed))
  }

  #tell({ believed }: BelievedTime, isOwn: boolean): void {
    const isDoubted = this.#aheadMs > DOUBT_MS
    if (isDoubted === this.#isTold) return
    this.#isTold = isDoubted
    const { logger, graceHours } = this.#options
    const details = { believed: new Date(believed), aheadSeconds: Math.round(this.#aheadMs / 1000) }
    if (!isDoubted) logger.info(details, 'The clock is believed again')
    else logger.warn(details, isOwn ? AHEAD_OF_DATABASE : doubt(graceHours))
  }
}

const AHEAD_OF_DATABASE =
  "The clock of this machine is ahead of the database's: set the one that is wrong, and have both kept right (NTP). Until then this node removes nothing that is old by its own clock alone"

const doubt = (graceHours: number) =>
  'The clock is further ahead than this installation has seen time pass: it was off, or the clock is wrong. ' +
  'Nothing that is old by this clock alone is removed. If the clock is wrong, set it; if it is right, ' +
  `"hermes admin confirm-clock" says so, or it is believed after ${graceHours} hours of running (HERMES_CLOCK_GRACE_HOURS)`
