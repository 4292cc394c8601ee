import type { Session } from './session.js'

/** What the live connections of this node hold, at one moment. */
export interface Occupancy {
  /** Connections that are still being told what waits for them. */
  readonly opening: number
  /** Connections whose window is full. */
  readonly held: number
  /** The other connections. */
  readonly live: number
  /** Given and not acknowledged: events, and their bytes. */
  readonly events: number
  readonly bytes: number
  /** Bytes that wait in the sockets of this process. */
  readonly backlog: number
}

export function occupancyOf(sessions: Iterable<Session>, opening: number): Occupancy {
  const total = { opening, held: 0, live: 0, events: 0, bytes: 0, backlog: 0 }
  for (const { outlet } of sessions) {
    const { heldSince, events, bytes } = outlet.window
    total[heldSince === null ? 'live' : 'held'] += 1
    total.events += events
    total.bytes += bytes
    total.backlog += outlet.backlog
  }
  return total
}
