import type { Bus, BusListener } from './bus.js'

/** The bus of a single node: listeners are called before `publish` returns. */
export function createInProcessBus(): Bus {
  const listeners = new Set<BusListener>()
  return {
    publish(wake) {
      for (const listener of listeners) listener.wake(wake)
    },
    signal(signal) {
      for (const listener of listeners) listener.signal(signal)
    },
    standing(change) {
      for (const listener of listeners) listener.standing(change)
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
