import type { Pin } from '../../src/client/certificates.js'
import type { DeviceEntry, RunEntry } from './entry.js'

/** One device, and what it did and saw, in the order of its own clock. */
export interface DeviceHistory {
  readonly username: string
  readonly device: string
  readonly entries: readonly DeviceEntry[]
}

/** A whole run. */
export interface History {
  readonly pin: Pin
  readonly devices: readonly DeviceHistory[]
  readonly run: readonly RunEntry[]
}
