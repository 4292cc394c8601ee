import type { z } from 'zod'
import type { MessageEvent } from '../../wire/events.js'
import type { LogState } from '../log/state.js'
import type { GapEvent, LogEvent } from './log-event.js'

export type Message = z.output<typeof MessageEvent>

/** Whether a stay of this user begins with the event. */
export type IsBeginning = (event: LogEvent) => boolean

const placeOf = (event: LogEvent): number => (event.type === 'gap' ? event.first : event.seq)

/** What came of one conversation and was not taken yet, in whatever order it came. */
export class Arrivals {
  /** By the first seq. */
  readonly #events = new Map<number, LogEvent>()
  /** Messages of this device that the hub answered, and does not push, by seq. */
  readonly #own = new Map<number, Message>()

  /** Whether events wait for others. */
  get isWaiting(): boolean {
    return this.#events.size > 0
  }

  add(event: LogEvent): void {
    this.#events.set(placeOf(event), event)
  }

  addOwn(message: Message): void {
    this.#own.set(message.seq, message)
  }

  ownAt(seq: number): Message | undefined {
    return this.#own.get(seq)
  }

  /** The one to take after `state`. */
  next(state: LogState | null, isBeginning: IsBeginning): LogEvent | undefined {
    if (state?.standing !== 'member') return [...this.#events.values()].find(isBeginning)
    const seq = state.lastSeq + 1
    return this.#events.get(seq) ?? this.#own.get(seq) ?? this.#restoration(seq)
  }

  /** Those up to `seq` were taken. */
  taken(seq: number): void {
    for (const [place, event] of this.#events) if (event.seq <= seq) this.#events.delete(place)
    for (const place of this.#own.keys()) if (place <= seq) this.#own.delete(place)
  }

  /** They come again. */
  forgetEvents(): void {
    this.#events.clear()
  }

  /** What a backup does not have is undone, though this device has seen it. */
  #restoration(seq: number): GapEvent | undefined {
    for (const event of this.#events.values())
      if (event.type === 'gap' && event.reason === 'restored' && event.first <= seq) return event
    return undefined
  }
}
