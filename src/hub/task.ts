import type { HermesError } from '../errors.js'
import type { KnownMessage } from './conversation/commands.js'
import type { Decision, Refusal } from './conversation/decision.js'
import type { Conversation } from './conversation/state.js'
import type { StandingRefusal } from './standing.js'

export type Outcome = { readonly answer: unknown } | { readonly refusal: Refusal } | { readonly failure: HermesError }

/** The conversation that a task is decided in, as the task sees it. */
export interface TaskContext {
  /** The integer id. */
  readonly id: number
  /** A message that is decided and not yet durable. */
  findPending(senderId: number, messageId: string): KnownMessage | null
}

/** The connection that a command came by. */
export interface Origin {
  readonly id: string
  /** Why its certificate is no longer good: nothing of it is decided any more. */
  readonly refusal: StandingRefusal | null
}

/**
 * Why a task is decided again: the log has what it was to store, or what one beside it was; others were first, or what
 * is ahead of it failed; or it was refused, or found done, on what may be out of date.
 */
export type Recall = 'duplicate' | 'conflict' | 'doubt'

/** A command on its way through the queue of its conversation. */
export interface Task {
  /** Null for REST, where the guard decided once and for all, and for the server's own. */
  readonly origin: Origin | null
  /** Decides on the state as it will be once everything before it is committed. May be called again. */
  decide(state: Conversation, context: TaskContext): Decision
  /** Looks up what a further attempt should know. What it rejects with is the outcome of this task alone. */
  recall?(context: TaskContext, why: Recall): Promise<void>
  /** The request to remember with the events. */
  readonly request?: { readonly userId: number; readonly requestId: string; readonly hash: string } | undefined
  /** A repeat may look like something to refuse: before it is, `recall` looks whether it was done already. */
  readonly mayBeRepeat?: boolean
  /** Nothing lasting comes of it: it may be taken, though not refused, on what is known here, other nodes or not. */
  readonly isPassing?: boolean
  /** Called once, after everything the outcome rests on is durable, in the order of the log. */
  done(outcome: Outcome): void
}
