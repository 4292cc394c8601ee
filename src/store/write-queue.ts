/**
 * Lets one writer at a time to the database, in the order of asking. Two connections of one process that
 * write at once would make one of them wait in SQLite's busy handler, which blocks its whole thread.
 */
export class WriteQueue {
  #busy = false
  readonly #waiting: (() => void)[] = []

  /** Calls `start` when its turn has come, at once if nobody writes. Its owner calls `leave` when it is done. */
  enter(start: () => void): void {
    if (this.#busy) {
      this.#waiting.push(start)
      return
    }
    this.#busy = true
    start()
  }

  leave(): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#busy = false
    else next()
  }

  /** Runs `task` in its turn. */
  async run<T>(task: () => Promise<T>): Promise<T> {
    await new Promise<void>((resolve) => this.enter(resolve))
    try {
      return await task()
    } finally {
      this.leave()
    }
  }
}
