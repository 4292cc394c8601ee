import { randomUUID } from 'node:crypto'

/** An id for a request, the same in its problem and in the log; never taken from the client. */
export function createRequestId(): string {
  return randomUUID()
}
