import type { Bus } from '../bus/bus.js'
import type { DeviceRecord, IdentityRecord } from '../store/records.js'
import type { Store } from '../store/store.js'
import type { ConversationId, InvitationId } from '../wire/formats.js'
import { CLOSE } from '../wire/frames.js'
import type { Identity } from '../wire/identity.js'
import { AccountWatch } from './account-watch.js'
import type { Caller } from './caller.js'
import { CatchUp } from './catch-up.js'

import type { Publish } from './conversation-queue.js'
import { Conversations } from './conversations.js'
import { Delivery } from './delivery/delivery.js'
import { examination } from './delivery/examination.js'
import { Session } from './delivery/session.js'
import type { Sink } from './delivery/sink.js'
import { Departures } from './departures.js'
import { Devices } from './devices.js'
import { type HubMeter, NO_HUB_METER } from './meter.js'
import { submitByServer } from './operations/settle-invitation.js'
import { publish } from './publish.js'
import { RateLimiter } from './rate-limiter.js'
import { RequestLocks } from './request-locks.js'
import type { HubLimits, HubServices } from './services.js'
import { sessionOptions } from './session-options.js'
import { Turns } from './turns.js'
import { Withdrawals } from './withdrawals.js'

/** Between two looks for what other nodes did. */
const POLL_MS = 15_000
/** Invitations ended by one sweep; the rest waits for the next. */
const DUE_INVITATIONS = 100

export interface HubDependencies {
  readonly store: Store
  readonly bus: Bus
  readonly limits: HubLimits
  readonly rate: { readonly requestsPerSecond: number; readonly requestsBurst: number }
  readonly rootFingerprint: string
  readonly now: () => Date
  readonly toIdentity: (record: IdentityRecord) => Identity
  readonly meter?: HubMeter
  /** Between two looks for what other nodes did and this one was not told. */
  readonly pollMs?: number
  /** Wrong passwords of an account were forgiven on another node. */
  readonly unlocked?: (username: string) => void
  /** The store is in an earlier state than this node has seen. */
  readonly wentBack?: () => void
  /** Another process revoked the certificates of the server's own. */
  readonly serverRevoked?: () => void
}

export interface Connect {
  /** What is written counts as acknowledged. */
  readonly autoAcknowledge: boolean
}

/** The conversation hub: operations work on its services, connections open sessions. Knows no socket. */
export class Hub {
  readonly services: HubServices
  readonly rate: RateLimiter
  readonly departures: Departures
  readonly withdrawals: Withdrawals
  readonly #others: { readonly catchUp: CatchUp; readonly accounts: AccountWatch; readonly end: () => void }
  readonly #warned = new WeakSet<Session>()

  constructor(dependencies: HubDependencies) {
    const { store, bus, limits, rate, rootFingerprint, now, toIdentity, meter = NO_HUB_METER } = dependencies
    const { log, identities } = store
    const announce: Publish = (committed, by) => publish({ bus, meter }, committed, by)
    const conversations = new Conversations(log, announce, bus.isShared ? (claim) => bus.claim(claim) : null)
    const delivery = new Delivery({
      log,
      bus,
      examine: examination(identities, now),
      meter,
      missed: (id) => this.#others.catchUp.missed(id),
    })
    const devices = new Devices(log, limits.devicesMax, now)
    const base = { limits, rootFingerprint, identities, log, bus, now, toIdentity, meter }
    const [requests, turns] = [new RequestLocks(), new Turns()]
    this.services = { ...base, conversations, delivery, devices, requests, turns }
    this.departures = new Departures(identities, log, conversations, now)
    this.withdrawals = new Withdrawals(identities, log, conversations, now)
    this.#others = this.#listenToOthers(dependencies)
    this.rate = new RateLimiter(rate.requestsPerSecond, rate.requestsBurst, () => performance.now())
  }

  /** The device of a caller, made if need be. Rejects with `quota_exceeded` when there are too many. */
  openDevice({ actor }: Caller): Promise<DeviceRecord> {
    return this.services.devices.open(actor.userId, actor.device)
  }

  /** Opens the session of a connection; the caller says hello and then lets it `pump`. */
  async connect(caller: Caller, sink: Sink, { autoAcknowledge }: Connect): Promise<Session> {
    const { delivery, log, limits, meter } = this.services
    const device = await this.openDevice(caller)
    const { windowEvents, windowBytes, readRetryMs: retryMs } = limits
    const session = new Session(
      sessionOptions(caller, device, { windowEvents, windowBytes, autoAcknowledge, retryMs }),
      sink,
      log,
      meter,
    )
    await delivery.attach(session)
    return session
  }

  disconnect(session: Session): void {
    this.services.delivery.detach(session)
  }

  /** What time alone brings about; called about once a second. */
  async sweep(): Promise<void> {
    const now = this.services.now().getTime()
    for (const session of [...this.services.delivery.sessions]) this.#sweepSession(session, now)
    await this.departures.sweep()
    await this.#expireInvitations()
  }

  /**
   * What was stored and this node was not told: by other processes, or by itself where the answer to a commit was lost.
   * Called about twice a second.
   */
  async catchUp(): Promise<void> {
    await this.#others.accounts.round()
    await this.#others.catchUp.round()
  }

  #listenToOthers(dependencies: HubDependencies) {
    const { store, pollMs = POLL_MS, unlocked = () => {}, serverRevoked = () => {}, wentBack = () => {} } = dependencies
    const { log, bus, delivery, conversations, meter } = this.services
    const clock = () => performance.now()
    const catchUp = new CatchUp({ log, bus, delivery, conversations, pollMs, clock, meter, wentBack })
    const rescued = (count: number) => meter.rescued('standing', count)
    const accounts = new AccountWatch({ audit: store.audit, delivery, unlocked, serverRevoked, rescued, wentBack })
    const end = bus.subscribe({
      wake: (wake, isElsewhere) => isElsewhere && conversations.hear(wake),
      missed: () => catchUp.missedAll(),
      signal() {},
      standing() {},
      connection() {},
      claim: (claim) => conversations.yieldTo(claim),
    })
    return { catchUp, accounts, end }
  }

  stop(): void {
    this.#others.end()
    this.#others.catchUp.stop()
    this.services.delivery.stop()
  }

  #sweepSession(session: Session, now: number): void {
    const { clock, notAfter, warnAt } = session.options
    if (!session.lifetime.goesOn(now)) return
    if (session.heldSince !== null && clock() - session.heldSince >= this.services.limits.slowSeconds * 1000)
      return session.close(CLOSE.slow)
    if (now < warnAt || this.#warned.has(session)) return
    this.#warned.add(session)
    session.notify('certificate_expiring', JSON.stringify({ notAfter: new Date(notAfter).toISOString() }))
  }

  async #expireInvitations(): Promise<void> {
    const { log, conversations } = this.services
    const now = this.services.now()
    for (const { invitation, uuid } of await log.findDueInvitations(now, DUE_INVITATIONS)) {
      const queue = await conversations.open(uuid as ConversationId)
      const open = queue?.state?.invitations.get(invitation as InvitationId)
      if (queue && open) submitByServer(queue, { type: 'expire', at: now.getTime(), invitation: open.id })
    }
  }
}
