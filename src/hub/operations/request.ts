import { createHash } from 'node:crypto'
import { HermesError } from '../../errors.js'

/** What makes two requests with one requestId the same: method and parameters, in the order of their schema. */
export function requestHash(method: string, params: object): string {
  return createHash('sha256')
    .update(JSON.stringify([method, params]))
    .digest('hex')
}

export function requestConflict(requestId: string): HermesError {
  return new HermesError('request_conflict', `requestId ${requestId} was used for another request`)
}
