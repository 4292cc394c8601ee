import type { Operation } from '../../hub/operations/operation.js'
import { OPERATIONS } from '../../hub/operations/table.js'

export type Json = Readonly<Record<string, unknown>>

export interface Method extends Operation {
  readonly method: string
}

/** The operations that a frame may ask for. */
export const METHODS = OPERATIONS.filter((operation): operation is Method => operation.method !== null)

export const REFUSAL = 'refusal'

/** Names of messages: of what asks for a method, of what answers it, and of what is pushed. */
export function requestOf(method: string): string {
  return `${method}Request`
}

export function resultOf(method: string): string {
  return `${method}Result`
}

export function notificationOf(method: string): string {
  return `${method.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase())}Notification`
}

/** Where a client need not wait for an answer. */
export function mayLackId(method: string): boolean {
  return method === 'ack'
}
