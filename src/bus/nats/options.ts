import type { KeyObject } from 'node:crypto'
import type { BusLogger } from '../logger.js'
import type { BusMeter } from '../meter.js'

export interface NatsOptions {
  /** `nats://` or `tls://`, with user and password where need be; any of them will do. */
  readonly servers: readonly string[]
  /** PEM of who vouches for the servers; null: who Node trusts. */
  readonly caFile: string | null
  /** Certificate and key of this client, both or neither. */
  readonly certFile: string | null
  readonly keyFile: string | null
  /** A NATS credentials file. */
  readonly credentialsFile: string | null
  /** Begins every subject, so that installations that share a NATS do not hear each other. */
  readonly prefix: string
  /** By which nodes of the installation know each other's messages. */
  readonly key: KeyObject
  /** Milliseconds since the epoch of Unix. */
  readonly now: () => number
  /** Longer events do not come along with their wake-up. */
  readonly inlineBytes: number
  /** What NATS has not taken yet; beyond it messages are dropped. */
  readonly bufferBytes: number
  readonly meter: BusMeter
  readonly logger: BusLogger
}
