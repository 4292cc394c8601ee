import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { createIdentityService, type IdentityService } from '../../src/identity/identity-service.js'
import type { IdentityPolicy } from '../../src/identity/policy.js'
import { createHierarchy, type Hierarchy } from '../../src/pki/hierarchy.js'
import { openSqliteStore } from '../../src/store/sqlite/open.js'
import type { Store } from '../../src/store/store.js'

export const PASSWORD = 'correct horse battery'
export const TRUST_DOMAIN = 'hermes.test'

/** The cheapest hashes, two threads, and no limits but those that a test sets. */
export const POLICY: IdentityPolicy = {
  bcryptCost: 10,
  passwordWorkers: 2,
  passwordQueue: 1024,
  passwordQueuePerAddress: 1024,
  passwordsPerMinute: 0,
  addressesPerSite: 16,
  loginFailures: 5,
  registrationsPerHour: 0,
  reservedUsernames: ['admin', 'root'],
  escrowSha256Iterations: 600_000,
  escrowSha512Iterations: 220_000,
  certificateDays: 90,
  certificatesPerHour: 0,
  supersedeMinutes: 10,
  renewalGraceDays: 30,
  deletionDays: 7,
}

export interface ServiceFixture {
  readonly identities: IdentityService
  readonly hierarchy: Hierarchy
  readonly store: Store
  /** The time, and the monotonic milliseconds that limits go by. */
  readonly clock: { now: Date; milliseconds: number }
}

export interface ServiceFixtureOptions {
  readonly policy?: Partial<IdentityPolicy>
  /** What the use cases get, made from the real store. */
  readonly wrap?: (store: Store['identities']) => Store['identities']
}

let sharedHierarchy: Hierarchy | undefined

export function hierarchy(): Hierarchy {
  sharedHierarchy ??= createHierarchy({ now: new Date() })
  return sharedHierarchy
}

export async function openTestStore(t: Test): Promise<Store> {
  const folder = mkdtempSync(join(tmpdir(), 'hermes-'))
  const store = await openSqliteStore({ url: `file:${join(folder, 'hermes.db')}` })
  t.teardown(async () => {
    await store.close()
    rmSync(folder, { recursive: true })
  })
  return store
}

/** The use cases over a real store and CA, with a clock that a test may set. */
export async function createServiceFixture(t: Test, options: ServiceFixtureOptions = {}): Promise<ServiceFixture> {
  const store = await openTestStore(t)
  const { root, users, servers } = hierarchy()
  const clock = { now: new Date(), milliseconds: 0 }
  const identities = createIdentityService({
    store: options.wrap?.(store.identities) ?? store.identities,
    authority: () => ({ ...users, name: 'users' }),
    issuers: () => [users.certificatePem],
    forbiddenKeys: new Set([root, users, servers].map(({ spkiHash }) => spkiHash)),
    trustDomain: TRUST_DOMAIN,
    standingChanged: () => undefined,
    endStays: async () => undefined,
    policy: { ...POLICY, ...options.policy },
    now: () => clock.now,
    clock: () => clock.milliseconds,
  })
  t.teardown(() => identities.close())
  return { identities, hierarchy: hierarchy(), store, clock }
}
