import type { Bus, NewConnection, Topic } from '../../bus/bus.js'
import type { EventLog } from '../../store/event-log.js'
import { CLOSE } from '../../wire/frames.js'
import { type HubMeter, NO_HUB_METER } from '../meter.js'
import { Announcements, type Place } from './announcements.js'
import { Channels } from './channels.js'
import type { Examine } from './examination.js'
import { type Given, GivenToDevices } from './given.js'
import { NOTICES_PAGE } from './invitation-feeds.js'
import { Loading } from './loading.js'
import { type Occupancy, occupancyOf } from './occupancy.js'
import type { Session } from './session.js'

export interface DeliveryOptions {
  readonly log: EventLog
  readonly bus: Bus
  readonly examine: Examine
  readonly meter?: HubMeter
  /** There may be more in the log of a conversation than its connections here were told. */
  readonly missed?: (conversationId: number) => void
}

/** The live connections of this node, and who hears of what. */
export class Delivery {
  readonly channels: Channels
  readonly #log: EventLog
  readonly #bus: Bus
  readonly #examine: Examine
  readonly #meter: HubMeter
  readonly #byDevice = new Map<number, Session>()
  readonly #byUser = new Map<number, Set<Session>>()
  readonly #loading = new Loading()
  readonly #given = new GivenToDevices()
  readonly #announcements: Announcements
  readonly #unsubscribe: () => void

  constructor({ log, bus, examine, meter = NO_HUB_METER, missed = () => {} }: DeliveryOptions) {
    this.#log = log
    this.#bus = bus
    this.#examine = examine
    this.#meter = meter
    this.channels = new Channels({
      log,
      bus,
      deliver: (channel, event) => this.#announcements.deliver(channel, event),
      missed,
    })
    this.#announcements = new Announcements(this, this.channels, this.#loading, meter, bus.isShared)
    this.#unsubscribe = bus.subscribe({
      wake: (wake, isElsewhere) => this.#announcements.wake(wake, isElsewhere),
      signal: (signal) => this.#announcements.signal(signal),
      standing: ({ userId }) => void this.look(this.sessionsOf(userId)),
      connection: (connection) => void this.yieldTo(connection),
      claim() {},
      missed() {},
    })
  }

  get sessions(): Iterable<Session> {
    return this.#byDevice.values()
  }

  /** Those that are still being opened included. */
  get all(): readonly Session[] {
    return [...this.#byUser.values()].flatMap((sessions) => [...sessions])
  }

  /** Those that know what they may see. */
  get loaded(): readonly Session[] {
    return [...this.sessions].filter((session) => !this.#loading.has(session))
  }

  get size(): number {
    return this.#byDevice.size
  }

  get occupancy(): Occupancy {
    return occupancyOf(this.loaded, this.#loading.size)
  }

  /** The live connection of a device, if it has one here. */
  sessionOf(deviceId: number): Session | null {
    return this.#byDevice.get(deviceId) ?? null
  }

  sessionsOf(userId: number): Iterable<Session> {
    return this.#byUser.get(userId) ?? []
  }

  /** What the device was given on connections before. */
  givenTo(deviceId: number): Given {
    return this.#given.of(deviceId)
  }

  /** `history` gave events outside a live connection. */
  remember(deviceId: number, conversationId: number, seq: number): void {
    this.#given.note(deviceId, conversationId, seq)
  }

  /**
   * Makes `session` the connection of its device, ending the older one, and loads what it may see.
   * What is committed meanwhile is not missed, nor is the end of its certificate: from here on changes of its
   * standing are heard, and what changed between the guard and here is looked up. One that is refused then replaces
   * nothing.
   */
  async attach(session: Session): Promise<void> {
    const { userId } = session.options
    this.#loading.begin(session)
    this.#byUser.set(userId, (this.#byUser.get(userId) ?? new Set()).add(session))
    const following = this.#bus.follow(topicOf(session))
    try {
      if (following) await following
      await this.#examine([session])
      if (!session.isClosed) await this.#number(session)
      if (!session.isClosed) this.#replace(session)
      await this.#load(session)
    } catch (error) {
      this.detach(session)
      throw error
    }
  }

  async #load(session: Session): Promise<void> {
    const { device } = session.options
    for (let isStale = true; isStale && !session.isClosed; ) {
      const heard = this.#loading.begin(session)
      const mailbox = await this.#log.openMailbox(device, NOTICES_PAGE)
      isStale = heard.isStale
      if (isStale || session.isClosed) continue
      session.backlog.load(mailbox, () => this.givenTo(device.id))
      for (const feed of session.feeds) {
        if (!feed.isMember) continue
        const channel = this.channels.open(session, feed, feed.lastSeq)
        channel.hearOf(heard.heads.get(feed.conversationId) ?? 0)
      }
      this.#meter.connected(session.feeds.waiting)
    }
    this.#loading.end(session)
  }

  /** Forgets a connection; the late end of one that was replaced disturbs nothing. */
  detach(session: Session): void {
    const { device, userId } = session.options
    session.lifetime.end()
    const isLoaded = !this.#loading.end(session)
    for (const feed of session.feeds) this.channels.leave(session, feed)
    if (this.#byDevice.get(device.id) === session) {
      this.#byDevice.delete(device.id)
      if (isLoaded) this.#given.keep(session)
    }
    const others = this.#byUser.get(userId)
    if (others?.delete(session)) this.#bus.unfollow(topicOf(session))
    if (others?.size === 0) this.#byUser.delete(userId)
  }

  /** Ends the subscription; sessions are closed by whoever owns their sockets. */
  stop(): void {
    this.#unsubscribe()
  }

  /** Where other nodes are, the store says which connection of a device is the newest. */
  async #number(session: Session): Promise<void> {
    if (!this.#bus.isShared) return
    const { device, userId } = session.options
    session.number = await this.#log.connectDevice(device.id)
    this.#bus.connection({ userId, deviceId: device.id, number: session.number })
  }

  #replace(session: Session): void {
    const { device } = session.options
    const other = this.#byDevice.get(device.id)
    if (other && (other.number ?? 0) > (session.number ?? 0)) return session.close(CLOSE.replaced)
    if (other) this.#end(other)
    this.#byDevice.set(device.id, session)
  }

  /** A device has a connection elsewhere, perhaps: whether it ends the one that it has here. */
  yieldTo({ deviceId, number }: Pick<NewConnection, 'deviceId' | 'number'>): boolean {
    const session = this.sessionOf(deviceId)
    if (!session || session.number === null || session.number >= number) return false
    this.#end(session)
    return true
  }

  #end(session: Session): void {
    session.close(CLOSE.replaced)
    this.detach(session)
  }

  /** A user may have become a member of a conversation, or not be told of it. */
  expectStay(userId: number, place: Place): void {
    this.#announcements.expectStay(userId, place)
  }

  /** Looks at connections of users whose standing has changed. */
  async look(sessions: Iterable<Session>): Promise<void> {
    const since = performance.now()
    const open = [...sessions].filter(({ isClosed }) => !isClosed)
    await this.#examine(open)
    if (open.some(({ refusal }) => refusal !== null)) this.#meter.ended(performance.now() - since)
  }
}

function topicOf({ options }: Session): Topic {
  return `user.${options.userId}`
}
