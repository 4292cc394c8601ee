import { randomUUID } from 'node:crypto'
import type { DeviceRecord } from '../store/records.js'
import { type Caller, warnAt } from './caller.js'

export interface SessionOptions {
  readonly id: string
  readonly username: string
  readonly userId: number
  readonly fingerprint: string
  /** Of the certificate of the connection: when it ends, and when that is worth a warning, in milliseconds. */
  readonly notAfter: number
  readonly warnAt: number
  readonly device: DeviceRecord
  readonly windowEvents: number
  readonly windowBytes: number
  /** What is written counts as acknowledged. */
  readonly autoAcknowledge: boolean
  /** How long to wait for a store that cannot be read; null: the connection ends. */
  readonly retryMs: number | null
  /** Monotonic milliseconds. */
  readonly clock: () => number
}

type Window = Pick<SessionOptions, 'windowEvents' | 'windowBytes' | 'autoAcknowledge' | 'retryMs'>

/** A new session of a caller on one of his devices. */
export function sessionOptions(caller: Caller, device: DeviceRecord, window: Window): SessionOptions {
  const { userId, username, fingerprint } = caller.actor
  return {
    id: randomUUID(),
    userId,
    username,
    fingerprint,
    notAfter: caller.notAfter.getTime(),
    warnAt: warnAt(caller),
    device,
    clock: () => performance.now(),
    ...window,
  }
}
