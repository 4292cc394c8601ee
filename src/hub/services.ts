import type { Bus } from '../bus/bus.js'
import type { EventLog } from '../store/event-log.js'
import type { IdentityStore } from '../store/identity-store.js'
import type { IdentityRecord } from '../store/records.js'
import type { Identity } from '../wire/identity.js'
import type { Conversations } from './conversations.js'
import type { Delivery } from './delivery/delivery.js'
import type { Devices } from './devices.js'
import type { HubMeter } from './meter.js'
import type { RequestLocks } from './request-locks.js'
import type { Turns } from './turns.js'

/** Limits of the hub that are configuration; units are in the names. */
export interface HubLimits {
  readonly membersMax: number
  readonly conversationInvitationsMax: number
  readonly devicesMax: number
  readonly invitationDays: number
  readonly windowEvents: number
  readonly windowBytes: number
  readonly slowSeconds: number
  /** How long a connection waits for a store that cannot be read; null: it ends. */
  readonly readRetryMs: number | null
}

/** What operations work with. */
export interface HubServices {
  readonly limits: HubLimits
  /** Fingerprint of the root CA: the `hub` of every transcript. */
  readonly rootFingerprint: string
  readonly identities: IdentityStore
  readonly log: EventLog
  readonly bus: Bus
  readonly conversations: Conversations
  readonly delivery: Delivery
  readonly devices: Devices
  readonly requests: RequestLocks
  readonly turns: Turns
  /** Wall clock. */
  readonly now: () => Date
  readonly toIdentity: (record: IdentityRecord) => Identity
  readonly meter: HubMeter
}
