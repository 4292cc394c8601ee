import type { Server } from 'node:net'
import { dirname } from 'node:path'
import { isPostgres } from '../../store/postgres/address.js'
import { databasePath } from '../../store/sqlite/database-file.js'
import { isNewest } from '../certificates/authority-set.js'
import type { Pairs } from '../certificates/rotation.js'
import { endOfPair } from '../certificates/server-pair.js'
import type { Installation } from '../installation.js'
import type { Services } from '../services.js'
import type { State } from './state.js'

export interface StateSources extends Pick<State, 'ready'> {
  readonly installation: Installation
  readonly services: Services
  readonly listeners: Readonly<Record<string, Server>>
  /** The certificates that new connections get now. */
  readonly pairs: () => Pairs
}

/** Where the state of a running server is read. */
export function stateOf({ installation, services, listeners, ready, pairs }: StateSources): State {
  const { config, authorities } = installation
  return {
    ready,
    listeners,
    isBusAway: () => services.bus.isAway,
    clockAheadMs: () => services.clockWatch.aheadMs,
    occupancy: () => services.hub.services.delivery.occupancy,
    passwordsWaiting: () => services.identities.passwordsWaiting,
    databaseSize: () => installation.store.size(),
    databaseFolder: isPostgres(config.databaseUrl) ? null : dirname(databasePath(config.databaseUrl)),
    ends: () => {
      const { root, generations } = authorities.current
      // That one which was followed ends is nothing to be told of.
      const newest = generations.filter(({ name }) => isNewest(authorities.current, name))
      return {
        'root-ca': root.notAfter,
        ...Object.fromEntries(newest.map(({ name, certificate }) => [`${name}-ca`, certificate.notAfter])),
        server: endOfPair(pairs().server),
        'identity-server': endOfPair(pairs().identityServer),
      }
    },
    rootCrl: () => authorities.current.rootCrl?.nextUpdate ?? null,
  }
}
