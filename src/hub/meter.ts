import type { Gap } from '../wire/events.js'
import type { Event } from './conversation/events.js'

/** Is told of the hub's work as it is done, so it must be quick; it must not throw. */
export interface HubMeter {
  /** An event is in the log. */
  committed(type: Event['type']): void
  /** A committed event was offered to all live connections that may see it, in so many milliseconds. */
  offered(ms: number): void
  /** A connection was given an event of a conversation: as it was committed, or later from the log. */
  gave(isLive: boolean): void
  /** The device had been given that event before, by another connection or by `history`. */
  gaveAgain(): void
  /** A connection acknowledged an event so many milliseconds after it was given; of one at a time each. */
  acknowledged(ms: number): void
  /** The window of a connection is full. */
  held(): void
  gap(reason: Gap['reason']): void
  /** A connection began, for whose device so many events wait. */
  connected(waiting: number): void
  /**
   * A connection has what waited for its device, of which the oldest event happened then (ms since the epoch of Unix).
   */
  caughtUp(oldest: number): void
  /** A signature of an invitation was verified. */
  verified(isGood: boolean): void
  /** So many milliseconds after a certificate or account ceased to be good, its connections were ended. */
  ended(ms: number): void
  /** So many words of other nodes were missing and were found in the store. */
  rescued(what: Rescued, count: number): void
}

export type Rescued = 'events' | 'memberships' | 'notices' | 'connections' | 'standing'

export const NO_HUB_METER: HubMeter = {
  committed() {},
  offered() {},
  gave() {},
  gaveAgain() {},
  acknowledged() {},
  held() {},
  gap() {},
  connected() {},
  caughtUp() {},
  verified() {},
  ended() {},
  rescued() {},
}
