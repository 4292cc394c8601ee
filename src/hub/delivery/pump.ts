import { HermesError } from '../../errors.js'

export interface PumpOptions {
  /** Gives the next; false: nothing more can be given now. */
  readonly giveNext: () => Promise<boolean> | boolean
  readonly isOver: () => boolean
  readonly failed: (error: unknown) => void
  /** How long to wait for a store that cannot be read; null: that is a failure. */
  readonly retryMs: number | null
}

/** Gives one thing after another for as long as there is something to give, and again when it is woken. */
export class Pump {
  readonly #options: PumpOptions
  #isStarted = false
  #isRunning = false
  /** There may be something to give that the pump, if it runs, has not seen. */
  #isWoken = false

  constructor(options: PumpOptions) {
    this.#options = options
  }

  get isStarted(): boolean {
    return this.#isStarted
  }

  /** Before the first call nothing is given. */
  start(): void {
    this.#isStarted = true
    this.wake()
  }

  wake(): void {
    this.#isWoken = true
    if (this.#isRunning || this.#options.isOver() || !this.#isStarted) return
    this.#isRunning = true
    void this.#run()
  }

  async #run(): Promise<void> {
    const { giveNext, isOver, failed } = this.#options
    try {
      while (this.#isWoken && !isOver()) {
        this.#isWoken = false
        while (!isOver() && (await giveNext()));
      }
    } catch (error) {
      if (!this.#mayRetry(error)) failed(error)
    } finally {
      this.#isRunning = false
    }
  }

  /** A store that is elsewhere may be away for a while: nothing is lost by waiting for it. */
  #mayRetry(error: unknown): boolean {
    const { retryMs } = this.#options
    if (retryMs === null || !(error instanceof HermesError) || error.code !== 'unavailable') return false
    setTimeout(() => this.wake(), retryMs * (0.5 + Math.random())).unref()
    return true
  }
}
