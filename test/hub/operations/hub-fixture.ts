import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { createInProcessBus } from '../../../src/bus/in-process.js'
import { HermesError } from '../../../src/errors.js'
import type { Caller } from '../../../src/hub/caller.js'
import type { Session } from '../../../src/hub/delivery/session.js'
import { Hub } from '../../../src/hub/hub.js'
import { OPERATIONS } from '../../../src/hub/operations/table.js'
import type { HubLimits } from '../../../src/hub/services.js'
import { createIdentityDescriber } from '../../../src/identity/identity.js'
import { sha256Hex } from '../../../src/pki/fingerprint.js'
import { createHierarchy, type Hierarchy } from '../../../src/pki/hierarchy.js'
import { encodePem } from '../../../src/pki/pem.js'
import { issueUserCertificate } from '../../../src/pki/user-certificate.js'
import type { CertificateRecord, IdentityRecord, UserRecord } from '../../../src/store/records.js'
import { openSqliteStore } from '../../../src/store/sqlite/open.js'
import type { Store } from '../../../src/store/store.js'
import type { Fields } from '../../support/hub-client.js'
import { FakeSink } from '../delivery/world.js'

export const NOW = Date.UTC(2027, 0, 2, 3, 4, 5, 678)
const DAY_MS = 24 * 3600 * 1000

const LIMITS: HubLimits = {
  membersMax: 512,
  conversationInvitationsMax: 4096,
  devicesMax: 16,
  invitationDays: 7,
  windowEvents: 256,
  windowBytes: 1024 * 1024,
  slowSeconds: 60,
  readRetryMs: null,
}

let hierarchy: Hierarchy | undefined

export interface HubUser {
  readonly username: string
  readonly key: KeyObject
  readonly certificate: string
  readonly fingerprint: string
  readonly record: IdentityRecord
}

export interface Live {
  readonly session: Session
  readonly sink: FakeSink
}

export interface CallOptions {
  readonly device?: string
  /** The live connection it comes by; REST without. */
  readonly live?: Live
  readonly abandoned?: AbortSignal
  /** Called in the very moment of the answer. */
  readonly answered?: () => void
}

type Alteration = (Partial<CertificateRecord> & Partial<Pick<UserRecord, 'disabledAt' | 'deletedAt'>>) | Error

/** A hub over a real store, without sockets: operations are called as both faces call them. */
export class HubFixture {
  readonly clock = { now: NOW }
  readonly root: Hierarchy
  readonly #path: string
  readonly #limits: HubLimits
  /** What tests make of certificates and accounts that are in the store. */
  readonly #certificates = new Map<string, Alteration>()
  #store: Store | null = null
  #hub: Hub | null = null

  constructor(path: string, limits: Partial<HubLimits>) {
    hierarchy ??= createHierarchy({ now: new Date(NOW - DAY_MS) })
    this.root = hierarchy
    this.#path = path
    this.#limits = { ...LIMITS, ...limits }
  }

  get hub(): Hub {
    if (!this.#hub) throw new Error('the hub is not open')
    return this.#hub
  }

  get rootFingerprint(): string {
    return this.root.root.fingerprint
  }

  async open(): Promise<void> {
    const now = () => new Date(this.clock.now)
    const store = await openSqliteStore({ url: `file:${this.#path}`, now })
    const describe = createIdentityDescriber(() => [this.root.users.certificatePem])
    this.#store = store
    this.#hub = new Hub({
      store: { ...store, identities: this.#altered(store.identities) },
      bus: createInProcessBus(),
      limits: this.#limits,
      rate: { requestsPerSecond: 0, requestsBurst: 0 },
      rootFingerprint: this.rootFingerprint,
      now,
      toIdentity: (record) => describe(record, now()),
    })
  }

  async close(): Promise<void> {
    this.#hub?.stop()
    await this.#store?.close()
  }

  /** Another process on the same database. */
  async restart(): Promise<void> {
    await this.close()
    await this.open()
  }

  async user(username: string): Promise<HubUser> {
    const { privateKey: key } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const spki = createPublicKey(key).export({ format: 'der', type: 'spki' })
    const notBefore = new Date(NOW - 1000)
    const notAfter = new Date(NOW + 90 * DAY_MS)
    const issued = issueUserCertificate(this.root.users, {
      username,
      trustDomain: 'hermes.test',
      spki,
      notBefore,
      notAfter,
    })
    const { serialNumber, fingerprint, der } = issued
    const stored = { serialNumber, fingerprint, der, notBefore, notAfter, spkiHash: sha256Hex(spki) }
    const certificate = { ...stored, authorisedBy: 'registration', issuer: 'users' } as const
    const identities = this.#store?.identities
    const account = {
      username,
      passwordHash: '$2b$12$hash',
      certificate,
      encryptedPrivateKey: null,
      address: '192.0.2.1',
    }
    await identities?.register(account)
    const record = await identities?.findIdentity(username)
    if (!record) throw new Error(`${username} was not stored`)
    return { username, key, certificate: encodePem('CERTIFICATE', der), fingerprint, record }
  }

  async users<N extends string>(...names: N[]): Promise<Record<N, HubUser>> {
    const entries: [string, HubUser][] = []
    for (const name of names) entries.push([name, await this.user(name)])
    return Object.fromEntries(entries) as Record<N, HubUser>
  }

  /** From now on the store says so of his certificate and of him, or cannot say anything. */
  alter({ fingerprint }: HubUser, changes: Alteration): void {
    this.#certificates.set(fingerprint, changes)
  }

  /** What identity does after it has stored a change. */
  standingChanged({ record }: HubUser): void {
    this.hub.services.bus.standing({ userId: record.user.id })
  }

  /** Calls an operation by its name; rejects with the HermesError of its answer. */
  call(user: HubUser, name: string, params: object = {}, options: CallOptions = {}): Promise<Fields> {
    const operation = OPERATIONS.find((one) => one.name === name)
    if (!operation) throw new Error(`there is no operation ${name}`)
    const { live, device, abandoned, answered } = options
    const call = {
      hub: this.hub.services,
      caller: callerOf(user, live?.session.options.device.name ?? device),
      session: live?.session ?? null,
      ...(abandoned && { abandoned }),
    }
    return new Promise((resolve, reject) => {
      const given = operation.params.parse(params)
      const placed = operation.handle(call, given, (answer) => {
        answered?.()
        if ('error' in answer) reject(answer.error)
        else resolve(operation.result.parse('text' in answer ? JSON.parse(answer.text) : answer.result) as Fields)
      })
      placed?.catch(reject)
    })
  }

  async connect(user: HubUser, device = 'default'): Promise<Live> {
    const sink = new FakeSink()
    const session = await this.hub.connect(callerOf(user, device), sink, { autoAcknowledge: false })
    session.pump()
    await turns()
    return { session, sink }
  }

  #altered(identities: Store['identities']): Store['identities'] {
    const alter = (record: IdentityRecord | null) => {
      const changes = record && this.#certificates.get(record.certificate.fingerprint)
      if (changes instanceof Error) throw changes
      if (!record || !changes) return record
      const { disabledAt = null, deletedAt = null, ...certificate } = changes
      return {
        user: { ...record.user, disabledAt, deletedAt },
        certificate: { ...record.certificate, ...certificate },
      }
    }
    return {
      ...identities,
      findIdentity: async (username) => alter(await identities.findIdentity(username)),
      findByFingerprint: async (fingerprint) => alter(await identities.findByFingerprint(fingerprint)),
    }
  }
}

export function callerOf({ username, fingerprint, certificate, record }: HubUser, device = 'default'): Caller {
  const { der, notBefore, notAfter } = record.certificate
  return {
    actor: { userId: record.user.id, username, fingerprint, device },
    certificatePem: certificate,
    certificateDer: der,
    notBefore,
    notAfter,
    role: 'user',
  }
}

/** What a call is refused with. */
export async function refusal(call: Promise<unknown>): Promise<HermesError> {
  const [outcome] = await Promise.allSettled([call])
  if (outcome.status === 'rejected' && outcome.reason instanceof HermesError) return outcome.reason
  throw new Error(`no refusal: ${JSON.stringify(outcome)}`)
}

/** Some turns of the event loop. */
export async function turns(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}

export async function openHub(t: Test, limits: Partial<HubLimits> = {}): Promise<HubFixture> {
  const folder = mkdtempSync(join(tmpdir(), 'hermes-'))
  const fixture = new HubFixture(join(folder, 'hermes.db'), limits)
  await fixture.open()
  t.teardown(async () => {
    await fixture.close()
    rmSync(folder, { recursive: true })
  })
  return fixture
}
