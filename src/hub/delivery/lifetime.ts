import type { Close } from '../../wire/frames.js'
import type { End, StandingRefusal } from '../standing.js'
import type { Sink } from './sink.js'

/** How long a connection lasts: until it is closed, or its certificate is no longer good. */
export class Lifetime {
  readonly #sink: Sink
  #end: End
  #isOver = false
  #refusal: StandingRefusal | null = null

  /** `notAfter` in milliseconds. */
  constructor(sink: Sink, notAfter: number) {
    this.#sink = sink
    this.#end = { at: notAfter, refusal: 'certificate_expired' }
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /** Why the certificate is no longer good, or null. */
  get refusal(): StandingRefusal | null {
    return this.#refusal
  }

  close(close: Close): void {
    if (this.#finish()) this.#sink.close(close)
  }

  /** The certificate is no longer good: what of it is under way and not yet decided will not be. */
  refuse(refusal: StandingRefusal): void {
    this.#refusal ??= refusal
    if (this.#finish()) this.#sink.refuse(refusal)
  }

  /** The store cannot be read. */
  fail(error: unknown): void {
    if (this.#finish()) this.#sink.fail(error)
  }

  /** The connection is gone. */
  end(): void {
    this.#isOver = true
  }

  /** The certificate is good until then; never for longer than was found before. */
  endBy(end: End): void {
    if (end.at < this.#end.at) this.#end = end
  }

  /** Whether it goes on at this time; ends it where the certificate has ended. */
  goesOn(at: number): boolean {
    if (at >= this.#end.at) this.refuse(this.#end.refusal)
    return !this.#isOver
  }

  /** False: it was over before. */
  #finish(): boolean {
    if (this.#isOver) return false
    this.#isOver = true
    return true
  }
}
