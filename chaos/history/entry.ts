import type { z } from 'zod'
import type { METHODS, ParamsOf } from '../../src/client/methods.js'
import type { ConversationEvent, Gap } from '../../src/wire/events.js'
import type { EventsResult } from '../../src/wire/operations.js'

/**
 * What became of a call. `lost`: no answer came, so that whether it took effect is not known. `wrong`: what came is not
 * what the protocol allows.
 */
export type Outcome<R> =
  | { readonly result: R }
  | { readonly refused: string }
  | { readonly lost: string }
  | { readonly wrong: string }

/** What a certificate is known by. */
export interface Shown {
  readonly fingerprint: string
}

type HubMethod = keyof typeof METHODS
/** As an answer comes: ids are plain strings here. */
type Hub = { readonly [M in HubMethod]: readonly [params: ParamsOf<M>, result: z.input<(typeof METHODS)[M]['result']>] }

/** Certificates, by their fingerprints, that a call makes good for nothing. */
export interface Ending {
  readonly ends: readonly string[]
}

/** What is asked of the server: method → parameters and result. Secrets and certificates are left out. */
export interface Calls extends Hub {
  readonly events: readonly [params: { readonly wait: number }, result: z.input<typeof EventsResult>]
  readonly register: readonly [params: object, result: Shown]
  readonly renew: readonly [params: object, result: Shown]
  readonly recover: readonly [params: Ending, result: Shown]
  readonly fetch: readonly [params: { readonly username: string }, result: Shown]
  readonly revoke: readonly [params: Ending, result: object]
  readonly deleteAccount: readonly [params: Ending, result: object]
}

export type CallMethod = keyof Calls

/** Of the driver's one monotonic clock, in milliseconds. */
interface Timed {
  readonly t: number
}

export interface CallOf<M extends CallMethod> extends Timed {
  readonly kind: 'call'
  readonly method: M
  /** When it was sent; `t` is when it was answered, or given up. */
  readonly since: number
  /** The WebSocket it went over; null by REST. */
  readonly connection: number | null
  /** Fingerprint of the certificate it was made under; null on the identity listener. */
  readonly certificate: string | null
  readonly params: Calls[M][0]
  readonly outcome: Outcome<Calls[M][1]>
}

export type Call = { readonly [M in CallMethod]: CallOf<M> }[CallMethod]

/** `hello` came. Connections are numbered in the order in which they were asked for, over all devices. */
export interface Opened extends Timed {
  readonly kind: 'opened'
  readonly connection: number
  readonly certificate: string
  /** When it was asked for. */
  readonly since: number
}

export interface Closed extends Timed {
  readonly kind: 'closed'
  readonly connection: number
  readonly code: number
}

export interface Pushed extends Timed {
  readonly kind: 'pushed'
  readonly connection: number
  readonly event: ConversationEvent
}

export interface GapTold extends Timed {
  readonly kind: 'gap'
  readonly connection: number
  readonly gap: z.input<typeof Gap>
}

/** An `ack` without id: nobody answers it. */
export interface AckSent extends Timed {
  readonly kind: 'ack'
  readonly connection: number
  readonly conversation: string
  readonly seq: number
}

export interface SignalCame extends Timed {
  readonly kind: 'signal'
  readonly connection: number
  readonly conversation: string
  readonly from: string
  readonly payload: string
}

/** Faults are over, and whoever can connect is connected: from here on this device should have everything. */
export interface Settled extends Timed {
  readonly kind: 'settled'
}

/** What a device of a user did and saw. */
export type DeviceEntry = Call | Opened | Closed | Pushed | GapTold | AckSent | SignalCame | Settled

/** Bytes, of one process of a server. */
export interface MemorySample extends Timed {
  readonly kind: 'memory'
  readonly server: string
  readonly rss: number
}

/** Something that was broken on purpose, from `since` to `t`. */
export interface Fault extends Timed {
  readonly kind: 'fault'
  readonly fault: string
  readonly target: string
  readonly since: number
  /** News of one hub may have reached the others late because of it. */
  readonly delaysNews: boolean
}

/** What belongs to no device. */
export type RunEntry = MemorySample | Fault
