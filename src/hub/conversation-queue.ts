import type { Claim } from '../bus/bus.js'
import { HermesError } from '../errors.js'
import type { AppendFailure, EventLog } from '../store/event-log.js'
import type { ConversationId } from '../wire/formats.js'
import { appendOf, apply, type Committed } from './committed.js'
import type { KnownMessage } from './conversation/commands.js'
import { restore } from './conversation/projection.js'
import type { Conversation } from './conversation/state.js'
import { asHermesError, end, type InFlight, outcomeOf } from './in-flight.js'
import { PendingMessages } from './pending-messages.js'
import type { PublishedBy } from './publish.js'
import { Revisions } from './revisions.js'
import { Rivalry } from './rivalry.js'
import type { Task, TaskContext } from './task.js'

/** How a node asks the others for its turn, where it came second. */
export type Rivals = (claim: Claim) => void

export type Publish = (committed: Committed, by: PublishedBy) => void

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
  #opening: Promise<boolean> | null = null
  /** Another node has changed the conversation: it is loaded again before anything more is decided. */
  #isStale = false
  /** The last event of another node that was heard of. */
  #heard = 0
  /** A commit failed: nothing more is decided until the state is loaded again. */
  #isBroken = false
  #isReloading = false
  readonly #rivals: Rivals | null
  readonly #revisions: Revisions
  readonly #rivalry: Rivalry
  readonly #pendingMessages = new PendingMessages()

  /**
   * `rivals`: other nodes store events too, so that what is refused here may be out of date; null where there are none.
   */
  constructor(uuid: ConversationId, log: EventLog, publish: Publish, rivals: Rivals | null = null) {
    this.#rivals = rivals
    this.#rivalry = new Rivalry(rivals !== null)
    this.#revisions = new Revisions(rivals !== null)
    this.uuid = uuid
    this.#log = log
    this.#publish = publish
  }

  get isIdle(): boolean {
    return this.#waiting.length === 0 && !this.#isBusy
  }

  /** Something rests on the state as it is known, or is about to replace it. */
  get #isBusy(): boolean {
    return this.#inFlight.length + this.#revisions.length > 0 || this.#opening !== null || this.#isReloading
  }

  get isLoaded(): boolean {
    return this.#state !== null && !this.#isStale
  }

  /** The integer id; 0 before the conversation is loaded. */
  get id(): number {
    return this.#id
  }

  /** Loads the conversation if need be. False: there is none. */
  async open(): Promise<boolean> {
    if (this.isLoaded) return true
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

  /**
   * Another node stored the event `seq`; `isPlain`: a message that changes nothing but the last seq; `isMore`: others
   * of the same commit follow. What is known here is loaded again before it is used, unless commands are decided
   * already: those meet the event when they are stored.
   */
  hearOf(seq: number, isPlain: boolean, isMore: boolean): void {
    this.#heard = Math.max(this.#heard, seq)
    this.#learn(seq, isPlain)
    this.#rivalry.heard(isMore)
  }

  /** Another node came second, and wants its turn. */
  yield(): void {
    this.#rivalry.heard(true)
  }

  #learn(seq: number, isPlain: boolean): void {
    const committed = this.#committed
    if (!committed || seq <= committed.lastSeq || this.#isBusy) return
    if (isPlain && seq === committed.lastSeq + 1) this.#committed = this.#state = { ...committed, lastSeq: seq }
    else this.#isStale = true
  }

  findPending(senderId: number, messageId: string): KnownMessage | null {
    return this.#pendingMessages.find(senderId, messageId)
  }

  /** Takes its place in the order. Only for a conversation that `open` found. */
  submit(task: Task): void {
    this.#waiting.push(task)
    this.#advance()
  }

  async #load(): Promise<boolean> {
    let snapshot = await this.#log.load(this.uuid)
    // What was heard of meanwhile may have been stored behind the moment that was read.
    for (let heard = 0; snapshot && snapshot.lastSeq < this.#heard && heard < this.#heard; ) {
      heard = this.#heard
      snapshot = await this.#log.load(this.uuid)
    }
    if (!snapshot) return false
    this.#isStale = false
    this.#id = snapshot.id
    this.#state = restore(snapshot)
    this.#committed = this.#state
    return true
  }

  #advance(): void {
    // Where others write too, what has gathered goes at once, and then it is their turn.
    const isWaiting = this.#rivalry.isContended && (this.#rivalry.isPausing || this.#inFlight.length > 0)
    if (!isWaiting) for (let task = this.#next(); task; task = this.#next()) this.#take(task)
    this.#drain()
  }

  #mustLoad = () => this.#isBroken || this.#isStale || this.#revisions.isDoubting

  #next(): Task | undefined {
    return this.#mustLoad() ? undefined : this.#waiting.shift()
  }

  #take(task: Task): void {
    const before = this.#state
    if (!before) throw new Error(`conversation ${this.uuid} is not open`)
    const entry = this.#decide(task, before)
    if (this.#revisions.doubts(task, entry)) return
    this.#inFlight.push(entry)
    if (entry.status === 'stored') return
    if (this.#inFlight.length === 1) this.#rivalry.began()
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
    if (failure?.reason === 'conflict') this.#cameSecond()
    if (failure) this.#isBroken = true
    this.#pendingMessages.remove(entry.committed)
    this.#drain()
  }

  #cameSecond(): void {
    this.#rivalry.heard(true)
    if (!this.#isBroken) this.#rivals?.({ conversationId: this.#id, uuid: this.uuid })
  }

  /** Finishes what is settled, in order; what rested on something that failed is done again. */
  #drain(): void {
    let isStored = false
    for (let entry = this.#inFlight[0]; entry && entry.status !== 'pending'; entry = this.#inFlight[0]) {
      this.#inFlight.shift()
      this.#finish(entry, entry.status)
      isStored ||= entry.committed.length > 0
    }
    if (this.#inFlight.length > 0) return
    if (this.#mustLoad()) void this.#again()
    else if (isStored && this.#rivalry.isContended) this.#rivalry.pause(() => this.#advance())
  }

  #finish({ task, outcome, after, committed }: InFlight, status: 'stored' | AppendFailure): void {
    if (status !== 'stored' && 'error' in status) return end(task, { failure: status.error })
    // What needed no commit of its own rests on the one that failed before it.
    if (this.#isBroken) {
      this.#revisions.add(task, status === 'stored' ? 'conflict' : status.reason)
      return
    }
    this.#committed = after
    const last = this.#inFlight.length === 0 ? committed.at(-1) : null
    for (const event of committed) this.#publish(event, { origin: task.origin?.id ?? null, isMore: event !== last })
    end(task, outcome)
  }

  async #again(): Promise<void> {
    if (this.#isReloading) return
    // What was not stored is no state to look at.
    this.#state = this.#committed
    if (this.#revisions.length + this.#waiting.length === 0) return
    this.#isReloading = true
    this.#revisions.beginLoading(this.#waiting)
    try {
      if (!(await this.#load())) throw new HermesError('internal', `conversation ${this.uuid} is gone`)
      this.#waiting.unshift(...(await this.#revisions.recall(this)))
      this.#isBroken = false
    } catch (error) {
      const failure = asHermesError(error, 'unavailable')
      // What is submitted from an answer is not among them.
      const waiting = this.#waiting.splice(0)
      this.#revisions.fail(failure)
      for (const task of waiting) end(task, { failure })
    } finally {
      this.#isReloading = false
    }
    this.#advance()
  }
}
