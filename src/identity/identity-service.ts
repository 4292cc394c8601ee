import { setMaxListeners } from 'node:events'
import type { Authority } from '../pki/authority.js'
import type { IdentityStore } from '../store/identity-store.js'
import type { FetchMyRequest, Identity, OwnIdentity, RegisterRequest } from '../wire/identity.js'
import { addressKey } from './address.js'
import { AddressLimit } from './address-limit.js'
import { fetchIdentity } from './fetch.js'
import { fetchMyIdentity } from './fetch-my.js'
import { createIdentityDescriber } from './identity.js'
import { createLogin } from './login.js'
import { PasswordWorkers } from './password-workers.js'
import type { IdentityPolicy } from './policy.js'
import { registerIdentity } from './register.js'
import { createTurns } from './turns.js'

const MINUTE_MS = 60_000

export interface IdentityDependencies {
  readonly store: IdentityStore
  /** The users' CA, which signs. */
  readonly authority: Authority
  /** PEM of every users' CA ever used, newest first. */
  readonly issuers: readonly string[]
  /** SPKI hashes (64 hex digits) that no user may have: the CAs'. */
  readonly forbiddenKeys: ReadonlySet<string>
  readonly trustDomain: string
  /** Config is one. */
  readonly policy: IdentityPolicy
  readonly now: () => Date
  /** Monotonic milliseconds: limits and delays go by it, whatever becomes of the time. */
  readonly clock: () => number
}

/** The use cases of the identity listener. `address`: the client's, as the socket or a trusted proxy tells it. */
export interface IdentityService {
  register(request: RegisterRequest, address: string): Promise<Identity>
  fetch(username: string): Promise<Identity>
  fetchMy(request: FetchMyRequest, address: string): Promise<OwnIdentity>
  /** Ends delays and waiting passwords with `draining`, then the worker threads. */
  close(): Promise<void>
}

/** Wires the use cases; threads start with the first password. */
export function createIdentityService(dependencies: IdentityDependencies): IdentityService {
  const { store, policy, now, clock, issuers } = dependencies
  const closing = new AbortController()
  setMaxListeners(0, closing.signal)
  const workers = new PasswordWorkers(policy)
  const describe = createIdentityDescriber(issuers)
  const passwordLimit = new AddressLimit({
    what: 'passwords',
    variable: 'HERMES_PASSWORDS_PER_MINUTE',
    max: policy.passwordsPerMinute,
    windowMs: MINUTE_MS,
    clock,
  })
  const registrationLimit = new AddressLimit({
    what: 'attempts to register',
    variable: 'HERMES_REGISTRATIONS_PER_HOUR',
    max: policy.registrationsPerHour,
    windowMs: 60 * MINUTE_MS,
    clock,
  })
  const login = createLogin({ store, workers, passwordLimit, policy, now, clock, closing: closing.signal })
  const shared = {
    ...dependencies,
    describe,
    workers,
    passwordLimit,
    registrationLimit,
    login,
    takeTurn: createTurns(),
  }

  return {
    register: (request, address) => registerIdentity(shared, request, addressKey(address)),
    fetch: (username) => fetchIdentity(shared, username),
    fetchMy: (request, address) => fetchMyIdentity(shared, request, addressKey(address)),
    close: async () => {
      closing.abort()
      await workers.close()
    },
  }
}
