import { setImmediate } from 'node:timers/promises'

/**
 * Turns of the event loop for what takes milliseconds: one for each piece of work, so that whoever asks for less comes
 * in between, however many ask for much. Users take turns about, so that nobody waits for all that another asked for.
 */
export class Turns {
  #last: Promise<void> = Promise.resolve()
  readonly #ofUsers = new Map<number, Promise<void>>()

  /** Resolves in a turn that is nobody else's. */
  take(userId: number): Promise<void> {
    const turn = (this.#ofUsers.get(userId) ?? Promise.resolve()).then(() => this.#next())
    this.#ofUsers.set(userId, turn)
    return turn.finally(() => {
      if (this.#ofUsers.get(userId) === turn) this.#ofUsers.delete(userId)
    })
  }

  #next(): Promise<void> {
    this.#last = this.#last.then(() => setImmediate())
    return this.#last
  }
}
