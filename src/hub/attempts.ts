import { HermesError } from '../errors.js'
import type { Task } from './task.js'

/** How often a command is decided again, since something was stored that it did not know. */
const ATTEMPTS = 5
/** Where other nodes are at work on the same conversation. */
const ATTEMPTS_BESIDE_OTHERS = 100

/** Counts how often each command was decided. */
export class Attempts {
  readonly #max: number
  readonly #attempts = new WeakMap<Task, number>()

  constructor(isShared: boolean) {
    this.#max = isShared ? ATTEMPTS_BESIDE_OTHERS : ATTEMPTS
  }

  /** Why it may not be decided once more, or null. */
  another(task: Task): HermesError | null {
    const attempts = (this.#attempts.get(task) ?? 1) + 1
    this.#attempts.set(task, attempts)
    if (attempts <= this.#max) return null
    return new HermesError('unavailable', 'the conversation changed too often meanwhile: try again')
  }
}
