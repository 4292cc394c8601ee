import { HermesError } from '../errors.js'
import type { AppendFailure, EventLog, NewEvent } from '../store/event-log.js'
import type { ConversationId } from '../wire/formats.js'
import type { KnownMessage } from './conversation/commands.js'
import { concernedBy } from './conversation/concerned.js'
import type { Decision, Refusal } from './conversation/decision.js'
import type { Event } from './conversation/events.js'
import { evolve } from './conversation/evolve.js'
import { changes, restore } from './conversation/projection.js'
import { type Conversation, isClosed } from './conversation/state.js'
import { encodeEvent } from './encoding.js'

/** An event that is in the log. */
export interface Committed {
  readonly conversationId: number
  readonly uuid: ConversationId
  readonly seq: number
  readonly event: Event
  readonly body: string
  /** User id of whom it concerns beyond the members. */
  readonly concerned: number | null
}

export type Outcome = { readonly answer: unknown } | { readonly refusal: Refusal } | { readonly failure: HermesError }

export interface Task {
  /** The session whose command it is, or null. */
  readonly origin: string | null
  /** Decides on the state as it will be once everything before it is committed. May be called again. */
  decide(state: Conversation, queue: ConversationQueue): Decision
  /** Looks up what a second attempt should know; called after an attempt met a duplicate or another node's event. */
  recall?(queue: ConversationQueue): Promise<void>
  /** The request to remember with the events. */
  readonly request?: { readonly userId: number; readonly requestId: string; readonly hash: string } | undefined
  /** Called once, after everything the outcome rests on is durable, in the order of the log. */
  done(outcome: Outcome): void
}

interface InFlight {
  readonly task: Task
  readonly decision: Decision
  readonly committed: readonly Committed[]
  /** The state after its events. */
  readonly after: Conversation
  status: 'pending' | 'stored' | AppendFailure
}

export type Publish = (committed: Committed, origin: string | null) => void

const ATTEMPTS = 5

/**
 * One conversation's commands, one at a time. It does not wait for each commit: it decides on the state as it
 * will be, and nothing is answered or published before it is durable. When a commit fails, or another node was
 * first, the state is dropped and loaded again, and what was not stored is decided again in the same order.
 */
export class ConversationQueue {
  readonly uuid: ConversationId
  readonly #log: EventLog
  readonly #publish: Publish
  #id = 0
  #state: Conversation | null = null
  #committed: Conversation | null = null
  #waiting: Task[] = []
  #inFlight: InFlight[] = []
  #redo: Task[] = []
  #loading: Promise<boolean> | null = null
  /** A commit failed: nothing more is decided until the state is loaded again. */
  #broken = false
  readonly #attempts = new WeakMap<Task, number>()
  readonly #messages = new Map<string, KnownMessage>()

  constructor(uuid: ConversationId, log: EventLog, publish: Publish) {
    this.uuid = uuid
    this.#log = log
    this.#publish = publish
  }

  get isIdle(): boolean {
    return this.#waiting.length === 0 && this.#inFlight.length === 0 && this.#redo.length === 0 && !this.#loading
  }

  /** The integer id; 0 before the conversation is loaded. */
  get id(): number {
    return this.#id
  }

  /** Loads the conversation if need be. False: there is none. */
  async open(): Promise<boolean> {
    if (this.#state) return true
    this.#loading ??= this.#load().finally(() => {
      this.#loading = null
    })
    return this.#loading
  }

  /** The state as it will be; null before `open`. */
  get state(): Conversation | null {
    return this.#state
  }

  /** The state as everybody may know it; null before `open`. */
  get committed(): Conversation | null {
    return this.#committed
  }

  /** A message that is decided and not yet durable. */
  findPending(senderId: number, messageId: string): KnownMessage | null {
    return this.#messages.get(messageKey(senderId, messageId)) ?? null
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
    for (let task = this.#next(); task; task = this.#next()) this.#decide(task)
    this.#drain()
  }

  #next(): Task | undefined {
    return this.#broken ? undefined : this.#waiting.shift()
  }

  #decide(task: Task): void {
    const state = this.#state
    if (!state) throw new Error(`conversation ${this.uuid} is not open`)
    const decision = task.decide(state, this)
    const events = decision.events ?? []
    if (events.length === 0) {
      this.#inFlight.push({ task, decision, committed: [], after: state, status: 'stored' })
      return
    }
    const { after, committed } = this.#apply(state, events)
    const entry: InFlight = { task, decision, committed, after, status: 'pending' }
    this.#inFlight.push(entry)
    this.#state = after
    this.#append(entry, state)
  }

  #apply(state: Conversation, events: readonly Event[]) {
    let after = state
    const committed: Committed[] = []
    for (const event of events) {
      after = evolve(after, event)
      const seq = after.lastSeq
      const body = encodeEvent(event, this.uuid, seq)
      const concerned = concernedBy(after, event)
      committed.push({ conversationId: this.#id, uuid: this.uuid, seq, event, body, concerned })
      this.#remember(event, seq)
    }
    return { after, committed }
  }

  #remember(event: Event, seq: number): void {
    if (event.type !== 'message') return
    const { at, payload, contentType } = event
    this.#messages.set(messageKey(event.from.userId, event.messageId), { seq, at, payload, contentType })
  }

  #append(entry: InFlight, before: Conversation): void {
    const { task, after, committed } = entry
    const seq = committed[0]?.seq ?? 0
    this.#log.append(
      {
        conversation: this.#id,
        expectedSeq: before.lastSeq,
        epoch: after.epoch,
        closed: isClosed(after),
        events: committed.map(newEvent),
        ...changes(before, after),
        request: task.request ? { ...task.request, seq } : null,
      },
      (failure) => this.#settle(entry, failure),
    )
  }

  #settle(entry: InFlight, failure: AppendFailure | null): void {
    entry.status = failure ?? 'stored'
    if (failure) this.#broken = true
    for (const { event } of entry.committed)
      if (event.type === 'message') this.#messages.delete(messageKey(event.from.userId, event.messageId))
    this.#drain()
  }

  /** Finishes what is settled, in order; what rested on something that failed is done again. */
  #drain(): void {
    for (let entry = this.#inFlight[0]; entry && entry.status !== 'pending'; entry = this.#inFlight[0]) {
      this.#inFlight.shift()
      this.#finish(entry)
    }
    if (this.#broken && this.#inFlight.length === 0) void this.#again()
  }

  #finish(entry: InFlight): void {
    const { task, decision, status } = entry
    if (status === 'pending') return
    if (status !== 'stored' && status.reason === 'unavailable') return task.done({ failure: status.error })
    // What needed no commit of its own rests on the one that failed before it.
    if (this.#broken) {
      this.#redo.push(task)
      return
    }
    this.#committed = entry.after
    for (const committed of entry.committed) this.#publish(committed, task.origin)
    task.done(decision.refusal ? { refusal: decision.refusal } : { answer: decision.answer })
  }

  async #again(): Promise<void> {
    if (this.#loading) return
    const redo = this.#redo.splice(0)
    if (redo.length === 0 && this.#waiting.length === 0) return
    try {
      this.#loading = this.#load()
      if (!(await this.#loading)) throw new HermesError('internal', `conversation ${this.uuid} is gone`)
      for (const task of redo) await task.recall?.(this)
      this.#broken = false
    } catch (error) {
      const failure = asUnavailable(error)
      for (const task of [...redo, ...this.#waiting.splice(0)]) task.done({ failure })
      return
    } finally {
      this.#loading = null
    }
    this.#waiting.unshift(...redo.filter((task) => this.#mayRetry(task)))
    this.#advance()
  }

  #mayRetry(task: Task): boolean {
    const attempts = (this.#attempts.get(task) ?? 1) + 1
    this.#attempts.set(task, attempts)
    if (attempts <= ATTEMPTS) return true
    task.done({ failure: new HermesError('unavailable', 'the conversation changed too often meanwhile: try again') })
    return false
  }
}

function messageKey(senderId: number, messageId: string): string {
  return `${messageId}${senderId}`
}

export function newEvent({ seq, event, body }: Pick<Committed, 'seq' | 'event' | 'body'>): NewEvent {
  const messageId = event.type === 'message' ? event.messageId : null
  return { seq, at: event.at, type: event.type, senderId: event.from.userId, messageId, body }
}

function asUnavailable(error: unknown): HermesError {
  if (error instanceof HermesError) return error
  return new HermesError('unavailable', 'the store could not be read: try again', { cause: error })
}
