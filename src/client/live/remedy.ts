import { CLOSE } from '../../wire/frames.js'
import { ClientError } from '../client-error.js'
import type { CloseReason } from '../close-reason.js'
import { ConnectionClosed } from '../hub-client.js'
import { Refusal } from '../refusal.js'
import { VerificationError } from '../verification-error.js'

/**
 * What to do when a connection ended or was refused. `wait`: connect again after a while. `renew`: the certificate has
 * expired, get a new one for the same key first. `adopt`: another device has renewed it, fetch the newest first.
 * `none`: a person must act.
 */
export type Remedy = 'wait' | 'renew' | 'adopt' | 'none'

const BY_CLOSE: ReadonlyMap<number, Remedy> = new Map([
  [CLOSE.expired.code, 'renew'],
  [CLOSE.superseded.code, 'adopt'],
])
const BY_REFUSAL: ReadonlyMap<string, Remedy> = new Map([
  ['certificate_expired', 'renew'],
  ['certificate_superseded', 'adopt'],
])

/** After the end of a connection that was open. */
export function remedyAfterClose({ code, mayReconnect }: CloseReason): Remedy {
  return BY_CLOSE.get(code) ?? (mayReconnect ? 'wait' : 'none')
}

/** After an attempt that failed. */
export function remedyAfterFailure(error: Error): Remedy {
  if (error instanceof ConnectionClosed) return remedyAfterClose(error.close)
  if (error instanceof Refusal) return BY_REFUSAL.get(error.code) ?? (error.retryable ? 'wait' : 'none')
  if (error instanceof ClientError) return error.code === 'unreachable' ? 'wait' : 'none'
  return error instanceof VerificationError ? 'wait' : 'none'
}

const RETRY_MS = 1000
const RETRY_MS_MAX = 3_600_000
const PASSING: readonly string[] = ['busy', 'unavailable', 'draining', 'rate_limited']

/** Milliseconds after which the same request again is all that is needed; null for what will not pass. */
export function passesAfterMs(error: unknown): number | null {
  if (!(error instanceof Refusal) || !PASSING.includes(error.code)) return null
  return Math.min(error.retryAfterMs ?? RETRY_MS, RETRY_MS_MAX)
}
