import type { FastifyInstance } from 'fastify'
import type { Store } from '../store/store.js'
import type { Rounds } from './rounds.js'
import type { Services } from './services.js'

/** The hub first in the list, so that its clients hear of it; the store last, so that nothing accepted is lost. */
export function createClosing(
  store: Store,
  services: Services,
  rounds: readonly Rounds[],
  [hubApp, ...others]: readonly FastifyInstance[],
  drain: () => void,
) {
  const end = async () => {
    drain()
    await hubApp?.close()
    services.hub.stop()
    await Promise.all(others.map((app) => app.close()))
    await services.identities.close()
    await Promise.all(rounds.map((each) => each.stop()))
    await services.bus.close()
    await store.close()
  }
  let ending: Promise<void> | null = null
  return () => {
    ending ??= end()
    return ending
  }
}
