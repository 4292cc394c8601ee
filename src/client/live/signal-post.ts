import type { z } from 'zod'
import type { SignalNotification } from '../../wire/frames.js'
import { Inbox } from '../inbox.js'

/** What is told and never stored, as that somebody is typing. */
export type Signal = z.output<typeof SignalNotification>

/** So many wait for each reader; then the oldest are forgotten. */
const SIGNALS_MAX = 256

/** Signals of one conversation, for whoever reads them while they come. */
export class SignalPost {
  readonly #readers = new Set<Inbox<Signal>>()

  tell(signal: Signal): void {
    for (const reader of this.#readers) reader.put(signal)
  }

  end(): void {
    for (const reader of this.#readers) reader.end()
  }

  /** From now on, until the loop is broken off or the signal is aborted. */
  read(signal?: AbortSignal): AsyncIterableIterator<Signal, undefined> {
    const inbox = new Inbox<Signal>(SIGNALS_MAX)
    const end = () => {
      this.#readers.delete(inbox)
      inbox.end()
    }
    this.#readers.add(inbox)
    signal?.addEventListener('abort', end, { once: true })
    if (signal?.aborted) end()
    const iterator: AsyncIterableIterator<Signal, undefined> = {
      next: () => inbox.next(),
      return: async () => {
        end()
        return { value: undefined, done: true }
      },
      [Symbol.asyncIterator]: () => iterator,
    }
    return iterator
  }
}
