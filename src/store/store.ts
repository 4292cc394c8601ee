import type { KeyObject } from 'node:crypto'
import type { AdministrationStore } from './administration-store.js'
import type { AuditStore } from './audit.js'
import type { AuthorityStore } from './authority-store.js'
import type { ClockStore } from './clock-store.js'
import type { EventLog } from './event-log.js'
import type { IdentityStore } from './identity-store.js'
import type { RevocationStore } from './revocation-store.js'

/** What the installation is: fixed at first start. */
export interface Installation {
  readonly rootFingerprint: string
  readonly trustDomain: string
}

export interface Store {
  readonly identities: IdentityStore
  readonly log: EventLog
  readonly revocations: RevocationStore
  readonly administration: AdministrationStore
  readonly audit: AuditStore
  readonly authorities: AuthorityStore
  readonly clock: ClockStore
  /** Whether other processes may write too. */
  readonly isShared: boolean
  /** What is stored; null before the first `settle`. */
  installation(): Promise<Installation | null>
  /** Stores what the installation is at first start; later answers what is stored. */
  settle(installation: Installation): Promise<Installation>
  /** By which nodes know each other's messages; made when it is asked for first. */
  busKey(): Promise<KeyObject>
  /** Rejects when the database cannot be read, or does not take what is written. For readiness. */
  check(): Promise<void>
  /** Bytes of the database, by what holds them: `main`, and on SQLite `wal`, the log of what is not in it yet. */
  size(): Promise<Readonly<Record<string, number>>>
  /** Waits for what was appended, then closes. */
  close(): Promise<void>
}
