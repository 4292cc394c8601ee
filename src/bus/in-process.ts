import type { Bus } from './bus.js'
import { Listeners } from './listeners.js'

/** The bus of a single node: listeners are called before `publish` returns. */
export function createInProcessBus(): Bus {
  const listeners = new Listeners()
  return {
    publish: (wake) => listeners.wake(wake, false),
    signal: (signal) => listeners.signal(signal),
    standing: (change) => listeners.standing(change),
    connection: (connection) => listeners.connection(connection),
    claim() {},
    subscribe: (listener) => listeners.add(listener),
    follow: () => null,
    unfollow() {},
    isShared: false,
    isAway: false,
    async close() {},
  }
}
