import { setTimeout as delay } from 'node:timers/promises'
import { CLOSE } from '../../wire/frames.js'
import type { Connection } from './connection.js'

/** Clients come back spread over this time, in milliseconds, after their own close. */
const RECONNECT_SPREAD_MS = 2000

/**
 * A planned end: everybody is told when to come back, and closed with 1012 one after another over `ms`, so that
 * they do not all knock at once where they go. Until then each is served.
 */
export async function drain(connections: ReadonlySet<Connection>, ms: number): Promise<void> {
  const since = performance.now()
  const due = [...connections].map((connection, index, { length }) => ({ connection, at: (ms * index) / length }))
  for (const { connection, at } of due) {
    const reconnectAfterMs = Math.round(at + Math.random() * RECONNECT_SPREAD_MS)
    connection.notify('draining', JSON.stringify({ reconnectAfterMs }))
  }
  for (const { connection, at } of due) {
    const wait = at - (performance.now() - since)
    if (wait > 0) await delay(wait)
    connection.close(CLOSE.restart)
  }
}
