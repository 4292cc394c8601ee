import type { ErrorCode } from '../../errors.js'
import type { Event } from './events.js'

/** An expected refusal: a value, not an exception. `stale_proof` asks the caller to verify against the new roster. */
export interface Refusal {
  readonly code: ErrorCode | 'stale_proof'
  readonly message?: string
  readonly data?: Readonly<Record<string, unknown>>
}

/** What a command comes to: events to store (none for a repeat) and the answer, or a refusal. */
export type Decision =
  | { readonly events: readonly Event[]; readonly answer: unknown; readonly refusal?: undefined }
  | { readonly refusal: Refusal; readonly events?: undefined }

export function accept(events: readonly Event[], answer: unknown = {}): Decision {
  return { events, answer }
}

/** The answer to a repeated request: nothing happens. */
export function repeat(answer: unknown): Decision {
  return { events: [], answer }
}

export function refuse(code: Refusal['code'], message?: string, data?: Refusal['data']): Decision {
  return { refusal: { code, ...(message !== undefined && { message }), ...(data && { data }) } }
}
