import { HermesError } from '../../errors.js'
import type { Refusal } from '../conversation/decision.js'
import type { Outcome } from '../task.js'
import type { Answer } from './operation.js'

export function refusalError({ code, message, data }: Refusal): HermesError {
  if (code === 'stale_proof') return new HermesError('roster_changed')
  return new HermesError(code, message, data ? { data } : {})
}

/** What a task came to, as an answer. `R` is what the operation's decisions answer. */
export function answerOf<R>(outcome: Outcome): Answer<R> {
  if ('failure' in outcome) return { error: outcome.failure }
  if ('refusal' in outcome) return { error: refusalError(outcome.refusal) }
  return { result: outcome.answer as R }
}
