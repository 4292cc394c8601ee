import { HermesError } from '../../errors.js'
import type { Gap } from '../../wire/events.js'
import type { StandingRefusal } from '../standing.js'
import type { EncodedEvent } from './encoded-event.js'
import type { Sink } from './sink.js'

/**
 * The answer to a long poll, as a sink: whatever is given to it is collected until there is something to answer
 * (`EventsResult` as JSON) and nothing more at hand, or time is up, or another connection of the device takes over. One
 * whose certificate is no longer good is refused.
 */
export class Poll implements Sink {
  readonly backlog = 0
  /** As JSON. */
  readonly #events: string[] = []
  readonly #gaps: Gap[] = []
  readonly #answer: (result: string | HermesError) => void
  readonly #waitMs: number
  #timer: NodeJS.Timeout | null = null
  #isAnswered = false
  #isReplaced = false

  constructor(waitMs: number, answer: (result: string | HermesError) => void) {
    this.#waitMs = waitMs
    this.#answer = answer
  }

  event(event: EncodedEvent): void {
    this.#events.push(event.body)
    this.#soon()
  }

  gap(gap: Gap): void {
    this.#gaps.push(gap)
    this.#soon()
  }

  synced(): void {
    if (this.#isEmpty && this.#waitMs > 0) this.#timer = setTimeout(() => this.#finish(false), this.#waitMs)
    else this.#finish(false)
  }

  held(): void {
    this.#finish(true)
  }

  notify(): void {}

  close(): void {
    this.#isReplaced = true
    this.#finish(false)
  }

  refuse(refusal: StandingRefusal): void {
    this.fail(new HermesError(refusal))
  }

  fail(error: unknown): void {
    if (this.#isAnswered) return
    this.abandon()
    this.#answer(error instanceof HermesError ? error : new HermesError('unavailable', undefined, { cause: error }))
  }

  /** The client is gone: there is nobody to answer. */
  abandon(): void {
    this.#isAnswered = true
    if (this.#timer) clearTimeout(this.#timer)
  }

  get #isEmpty(): boolean {
    return this.#events.length === 0 && this.#gaps.length === 0
  }

  /** While waiting: events of one commit are answered together. */
  #soon(): void {
    if (this.#timer) setImmediate(() => this.#finish(false))
  }

  #finish(more: boolean): void {
    if (this.#isAnswered) return
    this.#isAnswered = true
    if (this.#timer) clearTimeout(this.#timer)
    const [events, gaps] = this.#isReplaced ? [[], []] : [this.#events, this.#gaps]
    this.#answer(`{"events":[${events.join(',')}],"gaps":${JSON.stringify(gaps)},"more":${more}}`)
  }
}
