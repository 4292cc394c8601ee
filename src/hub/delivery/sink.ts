import type { Gap } from '../../wire/events.js'
import type { Close } from '../../wire/frames.js'
import type { StandingRefusal } from '../standing.js'
import type { EncodedEvent } from './encoded-event.js'

/** Where a session writes: a WebSocket, or the answer to a poll. */
export interface Sink {
  event(event: EncodedEvent): void
  gap(gap: Gap): void
  /** Everything that was there when the session opened has been written. */
  synced(): void
  /** The window is full: nothing more is given until something is acknowledged. */
  held(): void
  /** A notification that is no event; `params` as JSON text. */
  notify(method: 'signal' | 'certificate_expiring' | 'draining', params: string): void
  /** Ends the connection; nothing is written after it. */
  close(close: Close): void
  /** The certificate is no longer good: likewise. */
  refuse(refusal: StandingRefusal): void
  /** The store could not be read: ends the connection, which may be tried again. */
  fail(error: unknown): void
  /** Bytes written that the other side has not taken. */
  readonly backlog: number
}
