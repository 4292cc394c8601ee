import { HermesError } from '../errors.js'

/** A device that was not seen for so long is forgotten (protocol.md "Who may connect"). */
export const DEVICE_LIFE_MS = 90 * 24 * 3600 * 1000
/** A device that acknowledges is seen; its row is written for that at most so often. */
export const SEEN_EVERY_MS = 24 * 3600 * 1000

export function tooManyDevices(limit: number): HermesError {
  const sentence = `A user may have at most ${limit} devices; use one of those (HERMES_DEVICES_MAX)`
  return new HermesError('quota_exceeded', sentence, { data: { limit, quota: 'devices' } })
}
