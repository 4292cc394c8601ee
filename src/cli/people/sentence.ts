import {
  ClientError,
  type FingerprintChange,
  FingerprintChangedError,
  Refusal,
  VerificationError,
} from '../../client/index.js'
import { Interrupted } from './ask.js'
import { HOW } from './notice-text.js'
import { INSTEAD, remedyOf } from './remedies.js'

/** Where something is to be done about it, that too. Null for what nobody foresaw: its stack says more. */
export function sentenceOf(error: unknown): string | null {
  if (error instanceof Interrupted) return error.message
  if (error instanceof FingerprintChangedError) return changedText(error.change)
  if (error instanceof ClientError && INSTEAD[error.code] !== undefined) return INSTEAD[error.code] ?? null
  if (!(error instanceof ClientError || error instanceof VerificationError || error instanceof Refusal)) return null
  const remedy = remedyOf(error)
  return remedy === undefined ? error.message : `${error.message}\n${remedy}`
}

/** Somebody has another key, and what to do about it. */
export function changedText({ username, previous, current, how, wasCompared }: FingerprintChange): string {
  const before = wasCompared ? 'the one you compared' : 'the one remembered'
  return `${username} has another certificate (${HOW[how]}): ${current}, not ${before}, ${previous}
compare it with ${username} by voice or on paper; if it is the same: "hermes trust ${username} ${current}"`
}
