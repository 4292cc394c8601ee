import { HermesError } from '../errors.js'
import type { AppendFailure } from '../store/event-log.js'
import type { Applied } from './committed.js'
import type { Decision } from './conversation/decision.js'
import { isolate } from './isolate.js'
import type { Outcome, Task } from './task.js'

/** A task that is decided: `pending` until its events are stored, `stored` at once where it has none. */
export interface InFlight extends Applied {
  readonly task: Task
  readonly outcome: Outcome
  status: 'pending' | 'stored' | AppendFailure
}

/** Whoever waits for the outcome must not keep others from theirs. */
export function end(task: Task, outcome: Outcome): void {
  isolate(() => task.done(outcome))
}

export function outcomeOf(decision: Decision): Outcome {
  return decision.refusal ? { refusal: decision.refusal } : { answer: decision.answer }
}

export function asHermesError(error: unknown, code: 'internal' | 'unavailable'): HermesError {
  return error instanceof HermesError ? error : new HermesError(code, undefined, { cause: error })
}
