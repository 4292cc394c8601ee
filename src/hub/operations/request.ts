import { createHash } from 'node:crypto'
import { HermesError } from '../../errors.js'

/** What makes two requests with one requestId the same, over WebSocket or REST: method and parameters, in any order. */
export function requestHash(method: string, params: object): string {
  const inOrder = Object.entries(params).sort(([a], [b]) => (a < b ? -1 : 1))
  return createHash('sha256')
    .update(JSON.stringify([method, inOrder]))
    .digest('hex')
}

export function requestConflict(requestId: string): HermesError {
  return new HermesError('request_conflict', `requestId ${requestId} was used for another request`)
}
