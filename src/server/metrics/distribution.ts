/** Counts values by size, as a histogram of Prometheus has them; so cheap that every message may be counted. */
export class Distribution {
  /** Upper bounds of the buckets, ascending. */
  readonly bounds: readonly number[]
  /** How many values each bucket has that no smaller bucket has; one more for those beyond all bounds. */
  readonly counts: Float64Array
  sum = 0

  constructor(bounds: readonly number[]) {
    this.bounds = bounds
    this.counts = new Float64Array(bounds.length + 1)
  }

  observe(value: number): void {
    let index = 0
    while (index < this.bounds.length && value > (this.bounds[index] ?? 0)) index += 1
    this.counts[index] = (this.counts[index] ?? 0) + 1
    this.sum += value
  }
}

/** Seconds, from what one turn of the event loop takes to what nobody waits for. */
export const SECONDS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** Numbers of things. */
export const NUMBERS = [0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 4096, 16_384, 65_536]

/** Seconds that somebody was away: from a moment to the longest retention. */
export const AGES = [1, 10, 60, 600, 3600, 6 * 3600, 86_400, 3 * 86_400, 7 * 86_400, 14 * 86_400, 30 * 86_400]

/** Of durations, observed in milliseconds and kept in seconds. */
export class Durations extends Distribution {
  constructor() {
    super(SECONDS)
  }

  observeMs(ms: number): void {
    this.observe(ms / 1000)
  }
}
