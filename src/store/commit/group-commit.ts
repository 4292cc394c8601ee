import { HermesError } from '../../errors.js'
import type { ChangeAnswer, ChangeInput, ChangeName } from '../changes/changes.js'
import type { Append, AppendCallback } from '../event-log.js'
import type { StoreMeter, Transaction } from '../meter.js'
import type { WriteHealth } from '../write-health.js'
import type { WriteQueue } from '../write-queue.js'
import type { BatchOutcome, Commit, CursorMove, DeviceOpening, DeviceOutcome } from './batch.js'
import {
  answer,
  failedConversations,
  firstCause,
  type Group,
  type PendingAppend,
  type PendingChange,
  type PendingOpening,
} from './group.js'
import { type CursorCallback, PendingCursors } from './pending-cursors.js'

/** Bounds a transaction, and with it the time until its first append is answered. */
const BATCH_APPENDS_MAX = 1024
/** How long an acknowledgement that nobody waits for may wait for others. */
const CURSOR_DELAY_MS = 200

type Timing = Pick<Transaction, 'pieces' | 'ms'>

/** Collects what arrives while a commit is under way, and has it written as one transaction. */
export class GroupCommit {
  readonly #queue: WriteQueue
  readonly #commit: Commit
  readonly #now: () => Date
  readonly #health: WriteHealth
  readonly #meter: StoreMeter
  #changes: PendingChange[] = []
  #appends: PendingAppend[] = []
  #openings: PendingOpening[] = []
  #barriers: (() => void)[] = []
  readonly #cursors = new PendingCursors()
  /** Those in the commit under way. */
  #moving: readonly CursorMove[] = []
  #cursorsAreDue = false
  #cursorTimer: NodeJS.Timeout | null = null
  /** From the scheduling of a commit until its outcome is known. */
  #underWay = false
  #closed = false

  constructor(queue: WriteQueue, commit: Commit, now: () => Date, health: WriteHealth, meter: StoreMeter) {
    this.#queue = queue
    this.#commit = commit
    this.#now = now
    this.#health = health
    this.#meter = meter
  }

  change<N extends ChangeName>(name: N, input: ChangeInput<N>): Promise<ChangeAnswer<N>> {
    return new Promise((resolve, reject) => {
      if (this.#closed) throw closedError()
      this.#changes.push({
        change: { name, input },
        done: (error, answer) => {
          this.#meter.changed(name, error?.code ?? null)
          if (error === null) resolve(answer as ChangeAnswer<N>)
          else reject(error)
        },
      })
      this.#schedule()
    })
  }

  append(entry: Append, done: AppendCallback): void {
    if (this.#closed) {
      setImmediate(() => done({ reason: 'unavailable', error: closedError() }, null))
      return
    }
    this.#appends.push({ entry, done, since: performance.now(), doomed: false })
    this.#schedule()
  }

  openDevice(opening: DeviceOpening, done: (outcome: DeviceOutcome) => void): void {
    if (this.#closed) {
      setImmediate(() => done({ cause: closedError().message }))
      return
    }
    this.#openings.push({ opening, done })
    this.#cursorsAreDue = true
    this.#schedule()
  }

  moveCursor(move: CursorMove, done: CursorCallback | undefined): void {
    if (this.#closed) {
      if (done !== undefined) setImmediate(() => done(closedError()))
      return
    }
    this.#cursors.move(move, done === undefined ? [] : [done])
    if (done === undefined) {
      this.#delayCursors()
      return
    }
    this.#cursorsAreDue = true
    this.#schedule()
  }

  /** Whether acknowledgements of a device are not durable yet. */
  hasCursorsOf(deviceId: number): boolean {
    return this.#cursors.has(deviceId) || this.#moving.some((move) => move.deviceId === deviceId)
  }

  /** Resolves when all that was given before is durable, or has failed. */
  flush(): Promise<void> {
    return new Promise((resolve) => {
      this.#barriers.push(resolve)
      this.#cursorsAreDue = true
      this.#schedule()
    })
  }

  /** Takes nothing more, and resolves when all that was given is durable, or has failed. */
  async close(): Promise<void> {
    this.#closed = true
    await this.flush()
    if (this.#cursorTimer !== null) clearTimeout(this.#cursorTimer)
  }

  #delayCursors(): void {
    if (this.#cursorsAreDue) return
    this.#cursorTimer ??= setTimeout(() => {
      this.#cursorTimer = null
      this.#cursorsAreDue = true
      this.#schedule()
    }, CURSOR_DELAY_MS)
  }

  #schedule(): void {
    if (this.#underWay) return
    this.#underWay = true
    // Not at once: all that one turn of the event loop appends shares a commit.
    setImmediate(() => this.#queue.enter(() => this.#start()))
  }

  #start(): void {
    const group = this.#take()
    const doable = group.appends.filter(({ doomed }) => !doomed)
    if (group.changes.length + doable.length + group.openings.length + group.moves.length === 0) {
      // Not at once: the callbacks of the commit before have not run yet.
      setImmediate(() => this.#settle(group, { changes: [], appends: [], devices: [], cursors: [] }, null))
      return
    }
    const batch = {
      now: this.#now().getTime(),
      changes: group.changes.map(({ change }) => change),
      appends: doable.map(({ entry }) => entry),
      devices: group.openings.map(({ opening }) => opening),
      cursors: group.moves.map(({ deviceId, target, value }) => ({ deviceId, target, value })),
    }
    const pieces = group.changes.length + doable.length + group.openings.length + group.moves.length
    const since = performance.now()
    this.#commit(batch, (outcome) => this.#settle(group, outcome, { pieces, ms: performance.now() - since }))
  }

  #take(): Group {
    const appends = this.#appends
    this.#appends = appends.splice(BATCH_APPENDS_MAX)
    const group: Group = {
      changes: this.#changes,
      appends,
      openings: this.#openings,
      moves: this.#cursorsAreDue ? this.#cursors.takeAll() : [],
      barriers: this.#appends.length === 0 ? this.#barriers : [],
    }
    if (group.barriers === this.#barriers) this.#barriers = []
    this.#changes = []
    this.#openings = []
    this.#moving = group.moves
    this.#cursorsAreDue = false
    return group
  }

  /** `timing` null: nothing was to be written. */
  #settle(group: Group, outcome: BatchOutcome, timing: Timing | null): void {
    this.#moving = []
    const failed = failedConversations(group, outcome)
    for (const pending of this.#appends)
      if (typeof pending.entry.conversation === 'number' && failed.has(pending.entry.conversation))
        pending.doomed = true
    const hasMore = this.#changes.length + this.#appends.length + this.#openings.length + this.#barriers.length > 0
    this.#underWay = hasMore || this.#cursorsAreDue
    // The next commit starts before the callbacks run: the two threads work at the same time.
    if (this.#underWay) this.#queue.enter(() => this.#start())
    this.#queue.leave()
    const cause = firstCause(outcome)
    if (timing !== null) this.#measure(group, { ...timing, isTaken: cause === null })
    this.#report(outcome, cause)
    for (const move of answer(group, outcome)) {
      this.#cursors.move(move, [])
      this.#delayCursors()
    }
  }

  #measure({ appends }: Group, transaction: Transaction): void {
    this.#meter.committed(transaction)
    const now = performance.now()
    for (const { since } of appends) this.#meter.appended(now - since)
  }

  #report(outcome: BatchOutcome, cause: string | null): void {
    if (cause !== null) this.#health.failed(cause)
    else if (outcome.appends.some((append) => typeof append === 'number')) this.#health.succeeded()
  }
}

function closedError(): HermesError {
  return new HermesError('unavailable', 'The store is closed')
}
