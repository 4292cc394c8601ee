import type { KeyObject } from 'node:crypto'
import type { Bus } from '../bus/bus.js'
import type { Config } from '../config.js'
import { Hub } from '../hub/hub.js'
import { type Administration, createAdministration } from '../identity/admin/administration.js'
import { createIdentityDescriber } from '../identity/identity.js'
import { createIdentityService, type IdentityService } from '../identity/identity-service.js'
import type { Consequences } from '../identity/upkeep/dependencies.js'
import type { StoreLogger } from '../store/logger.js'
import { isPostgres } from '../store/postgres/address.js'
import type { Store } from '../store/store.js'
import { createBus } from './bus.js'
import { issuerOf, type LiveAuthorities, pemsOf } from './certificates/authority-set.js'
import { ClockWatch } from './clock-watch.js'
import type { Figures } from './metrics/figures.js'

const READ_RETRY_MS = 1000
const WENT_BACK =
  'The database is in an earlier state than this node has seen, and what was stored last is lost: stop every node, and do what docs/operations.md (PostgreSQL) says of one that was restored'

export interface Services extends Pick<Consequences, 'standingChanged'> {
  readonly identities: IdentityService
  readonly administration: Administration
  readonly hub: Hub
  readonly bus: Bus
  readonly clockWatch: ClockWatch
}

export interface ServiceOptions {
  readonly config: Config
  readonly store: Store
  readonly authorities: LiveAuthorities
  readonly trustDomain: string
  /** By which nodes know each other's messages; null where there are no others. */
  readonly busKey: KeyObject | null
  /** Where CRLs, OCSP and issuers are found; null before the listeners have their ports. */
  readonly pkiUrl: () => string | null
  /** Another process revoked the certificates of the server's own. */
  readonly serverRevoked: () => void
  readonly now: () => Date
  readonly logger: StoreLogger
  readonly figures: Figures
}

/** Both halves of Hermes over one store and one authority. */
export function createServices(options: ServiceOptions): Services {
  const { config, store, authorities, trustDomain, busKey, pkiUrl, now, logger, figures } = options
  const { root } = authorities.current
  const issuers = () => pemsOf(authorities.current, 'users')
  const describe = createIdentityDescriber(issuers)
  const bus = createBus({ config, rootFingerprint: root.fingerprint, key: busKey, now, meter: figures.bus, logger })
  const consequences = consequencesOf(bus, () => hub, logger)
  const identities = createIdentityService({
    store: store.identities,
    authority: () => issuerOf(authorities.current, 'users', pkiUrl()),
    issuers,
    forbiddenKeys: authorities.forbiddenKeys,
    trustDomain,
    policy: config,
    now,
    clock: () => performance.now(),
    meter: figures.identity,
    ...consequences,
  })
  const hub = new Hub({
    store,
    bus,
    // A file that cannot be read stays so; a database elsewhere comes back.
    limits: { ...config, readRetryMs: isPostgres(config.databaseUrl) ? READ_RETRY_MS : null },
    rate: config,
    rootFingerprint: root.fingerprint,
    now,
    toIdentity: (record) => describe(record, now()),
    meter: figures.hub,
    pollMs: config.pollSeconds * 1000,
    unlocked: (username) => identities.liftDelay(username),
    wentBack: () => logger.error({}, WENT_BACK),
    serverRevoked: options.serverRevoked,
  })
  const administration = createAdministration({
    store: store.administration,
    identities: store.identities,
    audit: store.audit,
    now,
    standingChanged: consequences.standingChanged,
    liftDelay: (username) => identities.liftDelay(username),
  })
  const clockWatch = new ClockWatch({ clock: store.clock, now, graceHours: config.clockGraceHours, logger })
  return { identities, administration, hub, bus, clockWatch, standingChanged: consequences.standingChanged }
}

/** What the hub does about a change of certificates or of an account. */
function consequencesOf(bus: Bus, hub: () => Hub, logger: StoreLogger): Consequences {
  const logged = (userId: number, message: string) => (error: unknown) => logger.error({ err: error, userId }, message)
  return {
    standingChanged(userId) {
      bus.standing({ userId })
      hub().withdrawals.settle(userId).catch(logged(userId, 'Invitations of an account could not be withdrawn'))
    },
    // That it must be done is stored: the hub tries again, and lets nobody in before it is done.
    endStays: (userId) =>
      hub().departures.settle(userId).catch(logged(userId, 'The stays of an account could not be ended yet')),
  }
}
