import type { HermesError } from '../errors.js'
import { Attempts } from './attempts.js'
import { asHermesError, end, type InFlight } from './in-flight.js'
import type { Recall, Task, TaskContext } from './task.js'

interface Revision {
  readonly task: Task
  readonly why: Recall
}

/** Commands of one conversation that are to be decided once more, on what the store has then. */
export class Revisions {
  readonly #isShared: boolean
  readonly #attempts: Attempts
  readonly #redo: Revision[] = []
  #doubted: Task | null = null
  /** Those that were submitted before the state was loaded. */
  readonly #sure = new WeakSet<Task>()

  constructor(isShared: boolean) {
    this.#isShared = isShared
    this.#attempts = new Attempts(isShared)
  }

  get length(): number {
    return this.#redo.length + (this.#doubted ? 1 : 0)
  }

  /** A task waits for the state to be loaded, and all behind it. */
  get isDoubting(): boolean {
    return this.#doubted !== null
  }

  /** Keeps a task whose decision may not stand: it was not stored, and what it was decided on may be out of date. */
  doubts(task: Task, { outcome, committed }: InFlight): boolean {
    if (committed.length > 0 || 'failure' in outcome || this.#sure.has(task)) return false
    const isRefused = 'refusal' in outcome
    const isDoubtful = this.#isShared ? isRefused || task.isPassing !== true : isRefused && task.mayBeRepeat === true
    if (isDoubtful) this.#doubted = task
    return isDoubtful
  }

  add(task: Task, why: Recall): void {
    this.#redo.push({ task, why })
  }

  /** The state is about to be loaded: what is decided on it stands. */
  beginLoading(waiting: readonly Task[]): void {
    if (this.#doubted) this.add(this.#doubted, 'doubt')
    this.#doubted = null
    for (const task of [...this.#redo.map((one) => one.task), ...waiting]) this.#sure.add(task)
  }

  /**
   * Those that may be decided again, in their order, knowing what they should. Who repeats one repeats those behind it,
   * which would be found one by one.
   */
  async recall(context: TaskContext): Promise<readonly Task[]> {
    const recalled: Task[] = []
    const revisions = this.#redo.splice(0)
    const isRepeating = revisions.some(({ why }) => why === 'duplicate')
    for (const { task, why } of revisions) {
      try {
        const failure = this.#attempts.another(task)
        if (failure) throw failure
        await task.recall?.(context, isRepeating ? 'duplicate' : why)
        recalled.push(task)
      } catch (error) {
        end(task, { failure: asHermesError(error, 'unavailable') })
      }
    }
    return recalled
  }

  fail(failure: HermesError): void {
    for (const { task } of this.#redo.splice(0)) end(task, { failure })
  }
}
