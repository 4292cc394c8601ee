import { HermesError } from '../errors.js'
import type { AppendFailure, EventLog } from '../store/event-log.js'
import type { ConversationId } from '../wire/formats.js'
import { type Applied, appendOf, apply, type Committed } from './committed.js'
import type { KnownMessage } from './conversation/commands.js'
import type { Decision } from './conversation/decision.js'
import { restore } from './conversation/projection.js'
import type { Conversation } from './conversation/state.js'
import { isolate } from './isolate.js'
import { PendingMessages } from './pending-messages.js'
import type { Outcome, Task, TaskContext } from './task.js'

/** A task that is decided: `pending` until its events are stored, `stored` at once where it has none. */
interface InFlight extends Applied {
  readonly task: Task
  readonly outcome: Outcome
  status: 'pending' | 'stored' | AppendFailure
}

export type Publish = (committed: Committed, origin: string | null) => void

const ATTEMPTS = 5

/**
 * One conversation's commands, one at a time. It does not wait for each commit: it decides on the state as it
 * will be, and nothing is answered or published before it is durable. When a commit fails, or another node was
 * first, the state is dropped and loaded again, and what was not stored is decided again in the same order.
 */
export class ConversationQueue implements TaskContext {
  readonly uuid: ConversationId
  /** Since whoever keeps it loaded last looked. */
  wasUsed = false
  readonly #log: EventLog
  readonly #publish: Publish
  #id = 0
  #state: Conversation | null = null
  #committed: Conversation | null = null
  #waiting: Task[] = []
  #inFlight: InFlight[] = []
  #redo: Task[] = []
  #opening: Promise<boolean> | null = null
  /** A commit failed: nothing more is decided until the state is loaded again. */
  #isBroken = false
  #isReloading = false
  readonly #attempts = new WeakMap<Task, number>()
  readonly #pendingMessages = new PendingMessages()

  constructor(uuid: ConversationId, log: EventLog, publish: Publish) {
    this.uuid = uuid
    this.#log = log
    this.#publish = publish
  }

  get isIdle(): boolean {
    const tasks = this.#waiting.length + this.#inFlight.length + this.#redo.length
    return tasks === 0 && !this.#opening && !this.#isReloading
  }

  /** The integer id; 0 before the conversation is loaded. */
  get id(): number {
    return this.#id
  }

  /** Loads the conversation if need be. False: there is none. */
  async open(): Promise<boolean> {
    if (this.#state) return true
    this.#opening ??= this.#load().finally(() => {
      this.#opening = null
    })
    return this.#opening
  }

  /** The state as it will be; null before `open`. */
  get state(): Conversation | null {
    return this.#state
  }

  /** The state as everybody may know it; null before `open`. */
  get committed(): Conversation | null {
    return this.#committed
  }

  findPending(senderId: number, messageId: string): KnownMessage | null {
    return this.#pendingMessages.find(senderId, messageId)
  }

  /** Takes its place in the order at once. Only for a conversation that `open` found. */
  submit(task: Task): void {
    this.#waiting.push(task)
    this.#advance()
  }

  async #load(): Promise<boolean> {
    const snapshot = await this.#log.load(this.uuid)
    if (!snapshot) return false
    this.#id = snapshot.id
    this.#state = restore(snapshot)
    this.#committed = this.#state
    return true
  }

  #advance(): void {
    for (let task = this.#next(); task; task = this.#next()) this.#take(task)
    this.#drain()
  }

  #next(): Task | undefined {
    return this.#isBroken ? undefined : this.#waiting.shift()
  }

  #take(task: Task): void {
    const before = this.#state
    if (!before) throw new Error(`conversation ${this.uuid} is not open`)
    const entry = this.#decide(task, before)
    this.#inFlight.push(entry)
    if (entry.status === 'stored') return
    this.#state = entry.after
    this.#pendingMessages.add(entry.committed)
    this.#log.append(appendOf(this.#id, before, entry, task.request), (failure) => this.#settle(entry, failure))
  }

  #decide(task: Task, before: Conversation): InFlight {
    try {
      if (task.origin?.refusal) throw new HermesError(task.origin.refusal)
      const decision = task.decide(before, this)
      const applied = apply(this.#id, before, decision.events ?? [])
      const status = applied.committed.length === 0 ? 'stored' : 'pending'
      return { task, outcome: outcomeOf(decision), ...applied, status }
    } catch (error) {
      const failure = asHermesError(error, 'internal')
      return { task, outcome: { failure }, after: before, committed: [], status: 'stored' }
    }
  }

  #settle(entry: InFlight, failure: AppendFailure | null): void {
    entry.status = failure ?? 'stored'
    if (failure) this.#isBroken = true
    this.#pendingMessages.remove(entry.committed)
    this.#drain()
  }

  /** Finishes what is settled, in order; what rested on something that failed is done again. */
  #drain(): void {
    for (let entry = this.#inFlight[0]; entry && entry.status !== 'pending'; entry = this.#inFlight[0]) {
      this.#inFlight.shift()
      this.#finish(entry, entry.status)
    }
    if (this.#isBroken && this.#inFlight.length === 0) void this.#again()
  }

  #finish({ task, outcome, after, committed }: InFlight, status: 'stored' | AppendFailure): void {
    if (status !== 'stored' && 'error' in status) return end(task, { failure: status.error })
    // What needed no commit of its own rests on the one that failed before it.
    if (this.#isBroken) {
      this.#redo.push(task)
      return
    }
    this.#committed = after
    for (const event of committed) this.#publish(event, task.origin?.id ?? null)
    end(task, outcome)
  }

  async #again(): Promise<void> {
    if (this.#isReloading) return
    // What was not stored is no state to look at.
    this.#state = this.#committed
    if (this.#redo.length + this.#waiting.length === 0) return
    this.#isReloading = true
    try {
      if (!(await this.#load())) throw new HermesError('internal', `conversation ${this.uuid} is gone`)
      const again = await this.#recallAll(this.#redo.splice(0))
      this.#waiting.unshift(...again)
      this.#isBroken = false
    } catch (error) {
      const failure = asHermesError(error, 'unavailable')
      for (const task of [...this.#redo.splice(0), ...this.#waiting.splice(0)]) end(task, { failure })
    } finally {
      this.#isReloading = false
    }
    this.#advance()
  }

  /** Those that may be decided again, knowing what they should. */
  async #recallAll(tasks: readonly Task[]): Promise<readonly Task[]> {
    const recalled: Task[] = []
    for (const task of tasks) {
      if (!this.#mayRetry(task)) continue
      try {
        await task.recall?.(this)
        recalled.push(task)
      } catch (error) {
        end(task, { failure: asHermesError(error, 'unavailable') })
      }
    }
    return recalled
  }

  #mayRetry(task: Task): boolean {
    const attempts = (this.#attempts.get(task) ?? 1) + 1
    this.#attempts.set(task, attempts)
    if (attempts <= ATTEMPTS) return true
    const failure = new HermesError('unavailable', 'the conversation changed too often meanwhile: try again')
    end(task, { failure })
    return false
  }
}

/** Whoever waits for the outcome must not keep others from theirs. */
function end(task: Task, outcome: Outcome): void {
  isolate(() => task.done(outcome))
}

function outcomeOf(decision: Decision): Outcome {
  return decision.refusal ? { refusal: decision.refusal } : { answer: decision.answer }
}

function asHermesError(error: unknown, code: 'internal' | 'unavailable'): HermesError {
  return error instanceof HermesError ? error : new HermesError(code, undefined, { cause: error })
}
