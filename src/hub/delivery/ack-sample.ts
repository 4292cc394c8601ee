import type { HubMeter } from '../meter.js'
import type { Feed } from './feed.js'

/**
 * Measures how long acknowledgements take, of one event of a connection at a time, so that it costs next to nothing.
 */
export class AckSample {
  readonly #clock: () => number
  readonly #meter: Pick<HubMeter, 'acknowledged'>
  /** Null: the next event is measured. */
  #feed: Feed | null = null
  #seq = 0
  #since = 0

  /** `clock` in monotonic milliseconds. */
  constructor(clock: () => number, meter: Pick<HubMeter, 'acknowledged'>) {
    this.#clock = clock
    this.#meter = meter
  }

  gave(feed: Feed, seq: number): void {
    if (this.#feed !== null) return
    this.#feed = feed
    this.#seq = seq
    this.#since = this.#clock()
  }

  acknowledged(feed: Feed): void {
    if (this.#feed !== feed || feed.acked < this.#seq) return
    this.#feed = null
    this.#meter.acknowledged(this.#clock() - this.#since)
  }
}
