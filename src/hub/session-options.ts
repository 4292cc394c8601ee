import { randomUUID } from 'node:crypto'
import type { DeviceRecord } from '../store/records.js'
import { type Caller, warnAt } from './caller.js'
import type { SessionOptions } from './delivery/session.js'

type Window = Pick<SessionOptions, 'windowEvents' | 'windowBytes' | 'autoAcknowledge'>

/** A new session of a caller on one of his devices. */
export function sessionOptions(caller: Caller, device: DeviceRecord, window: Window): SessionOptions {
  const { userId, username } = caller.actor
  return {
    id: randomUUID(),
    userId,
    username,
    notAfter: caller.notAfter.getTime(),
    warnAt: warnAt(caller),
    device,
    clock: () => performance.now(),
    ...window,
  }
}
