import { setMaxListeners } from 'node:events'
import type { IdentityStore } from '../store/identity-store.js'
import type { FetchMyRequest, Identity, OwnIdentity, RegisterRequest } from '../wire/identity.js'
import type {
  ChangePasswordRequest,
  DeleteAccountRequest,
  Deletion,
  EscrowRequest,
  RecoverRequest,
  RenewRequest,
  RevokeOwnRequest,
  RevokeRequest,
} from '../wire/upkeep.js'
import { AccountDelay } from './account-delay.js'
import { addressKey } from './address.js'
import { AddressLimit } from './address-limit.js'
import { countedLogin } from './counted-login.js'
import { type Enrollment, enroll } from './est/enroll.js'
import { fetchIdentity } from './fetch.js'
import { fetchMyIdentity } from './fetch-my.js'
import { createIdentityDescriber } from './identity.js'
import type { IssueDependencies } from './issue.js'
import { createLogin } from './login.js'
import { type IdentityMeter, NO_IDENTITY_METER } from './meter.js'
import { PasswordWorkers } from './password-workers.js'
import type { IdentityPolicy } from './policy.js'
import { registerIdentity } from './register.js'
import { createTurns } from './turns.js'
import { changePassword } from './upkeep/change-password.js'
import { deleteAccount, deleteDueAccounts, scheduleDeletion } from './upkeep/delete-account.js'
import type { Consequences, Holder } from './upkeep/dependencies.js'
import { recoverIdentity } from './upkeep/recover.js'
import { renewIdentity } from './upkeep/renew.js'
import { replaceEscrow } from './upkeep/replace-escrow.js'
import { revokeByCertificate, revokeByPassword } from './upkeep/revoke.js'
import { unlockAccount } from './upkeep/unlock.js'

const MINUTE_MS = 60_000

export interface IdentityDependencies extends Consequences, Pick<IssueDependencies, 'authority'> {
  readonly store: IdentityStore
  /** PEM of every users' CA ever used, as of now, newest first. */
  readonly issuers: () => readonly string[]
  /** SPKI hashes (64 hex digits) that no user may have: the CAs'. It may grow. */
  readonly forbiddenKeys: ReadonlySet<string>
  readonly trustDomain: string
  /** Config is one. */
  readonly policy: IdentityPolicy
  readonly now: () => Date
  /** Monotonic milliseconds: limits and delays go by it, whatever becomes of the time. */
  readonly clock: () => number
  readonly meter?: IdentityMeter
}

/**
 * The use cases of the identity service. `address`: the client's, as the socket or a trusted proxy tells it.
 * `holder`: whoever a client certificate proves it to be.
 */
export interface IdentityService {
  register(request: RegisterRequest, address: string): Promise<Identity>
  fetch(username: string): Promise<Identity>
  fetchMy(request: FetchMyRequest, address: string): Promise<OwnIdentity>
  changePassword(request: ChangePasswordRequest, address: string): Promise<void>
  replaceEscrow(request: EscrowRequest, address: string): Promise<void>
  recover(request: RecoverRequest, address: string): Promise<Identity>
  revoke(request: RevokeRequest, address: string): Promise<void>
  scheduleDeletion(request: DeleteAccountRequest, address: string): Promise<Deletion>
  /** Registers, recovers, or answers the certificate that is there. */
  enroll(enrollment: Enrollment, address: string): Promise<Identity>
  renew(request: RenewRequest, holder: Holder): Promise<Identity>
  revokeOwn(request: RevokeOwnRequest, holder: Holder): Promise<void>
  deleteAccount(holder: Holder): Promise<Deletion>
  unlock(holder: Holder): Promise<void>
  /** Ends the delay of passwords of an account; their locks are the store's. */
  liftDelay(username: string): void
  /** Deletes the accounts whose time came by `dueBy`; answers how many. */
  deleteDueAccounts(dueBy: Date): Promise<number>
  /** Forgets wrong passwords that mean nothing any more, and writes them down. */
  expireFailures(): Promise<void>
  /** Passwords that wait for a thread. */
  readonly passwordsWaiting: number
  /** Ends delays and waiting passwords with `draining`, then the worker threads. */
  close(): Promise<void>
}

/** Wires the use cases; threads start with the first password. */
export function createIdentityService(dependencies: IdentityDependencies): IdentityService {
  const { policy, clock, issuers, meter = NO_IDENTITY_METER } = dependencies
  const closing = new AbortController()
  setMaxListeners(0, closing.signal)
  const workers = new PasswordWorkers(policy, meter)
  const describe = createIdentityDescriber(issuers)
  const limits = createLimits(policy, clock)
  const delay = new AccountDelay(policy.loginFailures, clock)
  const login = countedLogin(
    createLogin({ ...dependencies, ...limits, workers, delay, closing: closing.signal }),
    meter,
  )
  const shared = {
    ...dependencies,
    describe,
    workers,
    ...limits,
    delay,
    login,
    takeTurn: createTurns(),
  }

  return {
    register: (request, address) => registerIdentity(shared, request, addressKey(address)),
    fetch: (username) => fetchIdentity(shared, username),
    fetchMy: (request, address) => fetchMyIdentity(shared, request, addressKey(address)),
    changePassword: (request, address) => changePassword(shared, request, addressKey(address)),
    replaceEscrow: (request, address) => replaceEscrow(shared, request, addressKey(address)),
    recover: (request, address) => recoverIdentity(shared, request, addressKey(address)),
    revoke: (request, address) => revokeByPassword(shared, request, addressKey(address)),
    scheduleDeletion: (request, address) => scheduleDeletion(shared, request, addressKey(address)),
    enroll: (enrollment, address) => enroll(shared, enrollment, addressKey(address)),
    renew: (request, holder) => renewIdentity(shared, request, holder),
    revokeOwn: (request, holder) => revokeByCertificate(shared, request, holder),
    deleteAccount: (holder) => deleteAccount(shared, holder),
    unlock: (holder) => unlockAccount(shared, holder),
    liftDelay: (username) => delay.lift(username),
    deleteDueAccounts: (dueBy) => deleteDueAccounts(shared, dueBy),
    expireFailures: () => dependencies.store.expireFailures(dependencies.now()),
    get passwordsWaiting() {
      return workers.waiting
    },
    close: async () => {
      closing.abort()
      await workers.close()
    },
  }
}

function createLimits(policy: IdentityPolicy, clock: () => number) {
  const [minute, hour] = [
    { windowMs: MINUTE_MS, clock },
    { windowMs: 60 * MINUTE_MS, clock },
  ]
  const { passwordsPerMinute, registrationsPerHour, certificatesPerHour, addressesPerSite } = policy
  return {
    passwordLimit: new AddressLimit({
      what: 'passwords',
      variable: 'HERMES_PASSWORDS_PER_MINUTE',
      max: passwordsPerMinute,
      addressesPerSite,
      ...minute,
    }),
    registrationLimit: new AddressLimit({
      what: 'attempts to register',
      variable: 'HERMES_REGISTRATIONS_PER_HOUR',
      max: registrationsPerHour,
      addressesPerSite,
      ...hour,
    }),
    certificateLimit: new AddressLimit({
      what: 'certificates',
      variable: 'HERMES_CERTIFICATES_PER_HOUR',
      whose: 'of one user',
      max: certificatesPerHour,
      ...hour,
    }),
  }
}
