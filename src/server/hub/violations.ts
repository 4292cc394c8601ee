const MINUTE_MS = 60_000

/** Counts what should not happen, over the last minute. `now` in monotonic milliseconds. */
export class Violations {
  readonly #max: number
  #times: number[] = []

  constructor(max: number) {
    this.#max = max
  }

  /** Counts one more. True: that was too many. */
  add(now: number): boolean {
    this.#times = [...this.#times.filter((time) => now - time < MINUTE_MS), now]
    return this.#times.length >= this.#max
  }
}
