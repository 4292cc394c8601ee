import type { StoreLogger } from './logger.js'
import { unavailable } from './unavailable.js'

/** Writes something and takes it back; answers why the database did not take it, or null. */
export type Probe = () => Promise<string | null>

/** Whether the database takes what is written, as the last write showed; while it does not, whoever asks tries anew. */
export class WriteHealth {
  readonly #probe: Probe
  readonly #logger: StoreLogger
  #isGood = true
  #probing: Promise<string | null> | null = null

  constructor(probe: Probe, logger: StoreLogger) {
    this.#probe = probe
    this.#logger = logger
  }

  failed(cause: string): void {
    if (this.#isGood) this.#logger.error({ cause }, 'The database does not take what is written')
    this.#isGood = false
  }

  /** Rows were written. A transaction that found nothing to change does not show it. */
  succeeded(): void {
    if (!this.#isGood) this.#logger.info({}, 'The database takes what is written again')
    this.#isGood = true
  }

  /** Rejects while nothing can be written. No more than one probe is under way, however many ask. */
  async check(): Promise<void> {
    if (this.#isGood) return
    this.#probing ??= this.#probe().finally(() => {
      this.#probing = null
    })
    const cause = await this.#probing
    if (cause !== null) throw unavailable(cause)
    this.succeeded()
  }
}
