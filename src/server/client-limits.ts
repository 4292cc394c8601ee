import type { Config } from '../config.js'
import type { ClientLimits } from '../wire/frames.js'
import { FRAME_BYTES, PAYLOAD_BYTES, SIGNAL_BYTES } from '../wire/limits.js'

/** The limits that `hello` and `/.well-known/hermes` tell clients. */
export function clientLimits(config: Config): ClientLimits {
  const { windowEvents, windowBytes, membersMax, requestsPerSecond, requestsBurst } = config
  const protocol = { frameBytes: FRAME_BYTES, payloadBytes: PAYLOAD_BYTES, signalBytes: SIGNAL_BYTES }
  return { ...protocol, windowEvents, windowBytes, membersMax, requestsPerSecond, requestsBurst }
}
