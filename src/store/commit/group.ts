import { HermesError } from '../../errors.js'
import type { Change } from '../changes/changes.js'
import type { Append, AppendCallback } from '../event-log.js'
import { quotaExceeded } from '../quotas.js'
import { unavailable } from '../unavailable.js'
import type {
  AppendOutcome,
  BatchOutcome,
  ChangeOutcome,
  CursorMove,
  CursorOutcome,
  DeviceOpening,
  DeviceOutcome,
  Refused,
} from './batch.js'
import type { PendingMove } from './pending-cursors.js'

export interface PendingAppend {
  readonly entry: Append
  readonly done: AppendCallback
  /** Monotonic milliseconds. */
  readonly since: number
  /** An earlier append of the conversation failed: this one was decided on what is not so. */
  doomed: boolean
}

export interface PendingOpening {
  readonly opening: DeviceOpening
  readonly done: (outcome: DeviceOutcome) => void
}

export interface PendingChange {
  readonly change: Change
  readonly done: (error: HermesError | null, answer: unknown) => void
}

/** What one transaction takes along, with those who wait for it. */
export interface Group {
  readonly changes: readonly PendingChange[]
  readonly appends: readonly PendingAppend[]
  readonly openings: readonly PendingOpening[]
  readonly moves: readonly PendingMove[]
  readonly barriers: readonly (() => void)[]
}

const NO_OUTCOME: Refused = { cause: 'Whoever commits gave no outcome' }

/** The conversations whose next appends were decided on what was not stored. */
export function failedConversations(group: Group, outcome: BatchOutcome): ReadonlySet<number> {
  const failed = new Set<number>()
  forEachAppend(group, outcome, ({ entry }, result) => {
    if (typeof result !== 'number' && typeof entry.conversation === 'number') failed.add(entry.conversation)
  })
  return failed
}

/** The first reason for which the database did not take a piece, or null. */
export function firstCause({ changes, appends, devices, cursors }: BatchOutcome): string | null {
  for (const outcome of changes) if ('cause' in outcome) return outcome.cause
  for (const outcome of appends) if (typeof outcome === 'object' && 'cause' in outcome) return outcome.cause
  for (const outcome of devices) if (typeof outcome === 'object' && 'cause' in outcome) return outcome.cause
  for (const [, outcome] of cursors) if (outcome !== 'gone') return outcome.cause
  return null
}

/** Runs every callback of a group, and returns the moves that must be tried again. */
export function answer(group: Group, outcome: BatchOutcome): readonly CursorMove[] {
  group.changes.forEach(({ done }, index) => {
    call(() => answerChange(done, outcome.changes[index] ?? NO_OUTCOME))
  })
  forEachAppend(group, outcome, ({ done }, result) => call(() => answerAppend(done, result)))
  group.openings.forEach(({ done }, index) => {
    call(() => done(outcome.devices[index] ?? NO_OUTCOME))
  })
  const failures = new Map(outcome.cursors)
  group.moves.forEach(({ callbacks }, index) => {
    const failure = cursorFailure(failures.get(index))
    for (const callback of callbacks) call(() => callback(failure))
  })
  for (const barrier of group.barriers) barrier()
  return outcome.cursors.flatMap(([index, refusal]) => {
    const move = group.moves[index]
    return refusal === 'gone' || move === undefined ? [] : [move]
  })
}

function forEachAppend(
  group: Group,
  outcome: BatchOutcome,
  visit: (append: PendingAppend, result: AppendOutcome) => void,
): void {
  let next = 0
  for (const append of group.appends)
    visit(append, append.doomed ? 'conflict' : (outcome.appends[next++] ?? NO_OUTCOME))
}

function answerChange(done: PendingChange['done'], outcome: ChangeOutcome): void {
  if ('answer' in outcome) done(null, outcome.answer)
  else if ('refusal' in outcome) done(new HermesError(outcome.refusal.code, outcome.refusal.message), null)
  else done(unavailable(outcome.cause), null)
}

function answerAppend(done: AppendCallback, result: AppendOutcome): void {
  if (typeof result === 'number') done(null, { conversationId: result })
  else if (result === 'revoked') done({ reason: 'revoked', error: memberRevoked() }, null)
  else if (typeof result === 'string') done({ reason: result }, null)
  else if ('quota' in result) done({ reason: 'quota', error: quotaExceeded(result.quota, result.limit) }, null)
  else done({ reason: 'unavailable', error: unavailable(result.cause) }, null)
}

function memberRevoked(): HermesError {
  return new HermesError('certificate_rejected', 'The certificate of whoever would become a member was revoked')
}

function cursorFailure(outcome: CursorOutcome | undefined): HermesError | null {
  if (outcome === undefined) return null
  if (outcome === 'gone')
    return new HermesError('not_found', 'There is no such device, conversation or invitation to acknowledge')
  return unavailable(outcome.cause)
}

/** One callback that throws must not keep the others from running. */
function call(callback: () => void): void {
  try {
    callback()
  } catch (error) {
    queueMicrotask(() => {
      throw error
    })
  }
}
