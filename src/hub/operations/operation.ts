import type { z } from 'zod'
import type { ErrorCode, HermesError } from '../../errors.js'
import type { Caller } from '../caller.js'
import type { Session } from '../delivery/session.js'
import type { HubServices } from '../services.js'

/** One request of one caller, over either face. */
export interface Call {
  readonly hub: HubServices
  readonly caller: Caller
  /** The live connection it came by; null for REST. */
  readonly session: Session | null
  /** Aborted when whoever waits for the answer is gone. */
  readonly abandoned?: AbortSignal
}

/** `text` is a result that is JSON already: pages of the log are not read and written again. */
export type Answer<R> = { readonly result: R } | { readonly text: string } | { readonly error: HermesError }

/** Called exactly once, when the answer is durable; for a stored event in its place among the events. */
export type Reply<R> = (answer: Answer<R>) => void

export interface Route {
  readonly method: 'GET' | 'POST'
  /** Path parameters in braces, as in OpenAPI. */
  readonly path: string
}

/**
 * A row of the one table behind JSON-RPC and REST. `handle` returns when the request has taken its place in the
 * order of its conversation (a promise only if it had to wait for that), not when it is answered.
 */
export interface Operation<P extends z.ZodType = z.ZodType, R extends z.ZodType = z.ZodType> {
  /** The operationId. */
  readonly name: string
  /** The JSON-RPC method; null where there is none. */
  readonly method: string | null
  readonly summary: string
  readonly description: string
  readonly params: P
  readonly result: R
  /** The REST route; null where there is none. */
  readonly route: Route | null
  /** Refusals of its own, beside those of every request. */
  readonly errors: readonly ErrorCode[]
  handle(call: Call, params: z.output<P>, reply: Reply<z.input<R>>): void | Promise<void>
}

/** Keeps the types of one row while the table forgets them. */
export function operation<P extends z.ZodType, R extends z.ZodType>(row: Operation<P, R>): Operation<P, R> {
  return row
}
