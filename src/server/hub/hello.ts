import type { Session } from '../../hub/delivery/session.js'
import type { HelloParams } from '../../wire/frames.js'
import { PROTOCOL } from '../../wire/limits.js'
import type { ConnectionOptions } from './connection.js'

type Options = Pick<ConnectionOptions, 'hub' | 'caller' | 'heartbeatSeconds' | 'limits'>

/** What a connection is told first. */
export function helloOf({ options }: Session, { hub, caller, heartbeatSeconds, limits }: Options): HelloParams {
  const { username, device, fingerprint } = caller.actor
  return {
    user: username,
    device,
    session: options.id,
    certificate: { fingerprint, notAfter: caller.notAfter.toISOString() },
    serverTime: hub.services.now().toISOString(),
    protocol: PROTOCOL,
    heartbeatSeconds,
    limits,
  }
}
