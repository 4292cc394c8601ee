import type { Bus, Signal, Wake } from '../../bus/bus.js'
import type { EventLog } from '../../store/event-log.js'
import type { ConversationId } from '../../wire/formats.js'
import { CLOSE } from '../../wire/frames.js'
import { type HubMeter, NO_HUB_METER } from '../meter.js'
import { EncodedEvent } from './encoded-event.js'
import type { Examine } from './examination.js'
import type { Feed } from './feed.js'
import { type Given, GivenToDevices } from './given.js'
import { NOTICES_PAGE } from './invitation-feeds.js'
import { type Occupancy, occupancyOf } from './occupancy.js'
import type { Session } from './session.js'

/** The live connections of this node, and who hears of what. */
export class Delivery {
  readonly #log: EventLog
  readonly #examine: Examine
  readonly #meter: HubMeter
  readonly #byDevice = new Map<number, Session>()
  readonly #byUser = new Map<number, Set<Session>>()
  readonly #byConversation = new Map<number, Map<Session, Feed>>()
  readonly #loading = new Map<Session, { stale: boolean; heads: Map<number, number> }>()
  readonly #given = new GivenToDevices()
  readonly #unsubscribe: () => void

  constructor(log: EventLog, bus: Bus, examine: Examine, meter: HubMeter = NO_HUB_METER) {
    this.#log = log
    this.#examine = examine
    this.#meter = meter
    this.#unsubscribe = bus.subscribe({
      wake: (wake) => this.#wake(wake),
      signal: (signal) => this.#signal(signal),
      standing: ({ userId }) => void this.#look(userId),
    })
  }

  get sessions(): Iterable<Session> {
    return this.#byDevice.values()
  }

  get size(): number {
    return this.#byDevice.size
  }

  get occupancy(): Occupancy {
    const loaded = [...this.sessions].filter((session) => !this.#loading.has(session))
    return occupancyOf(loaded, this.#loading.size)
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
    this.#loading.set(session, { stale: false, heads: new Map() })
    this.#byUser.set(userId, (this.#byUser.get(userId) ?? new Set()).add(session))
    try {
      await this.#examine([session])
      if (!session.isClosed) this.#replace(session)
      await this.#load(session)
    } catch (error) {
      this.detach(session)
      throw error
    }
  }

  async #load(session: Session): Promise<void> {
    const { device } = session.options
    for (let stale = true; stale && !session.isClosed; ) {
      const loading = { stale: false, heads: new Map<number, number>() }
      this.#loading.set(session, loading)
      const mailbox = await this.#log.openMailbox(device, NOTICES_PAGE)
      stale = loading.stale
      if (stale || session.isClosed) continue
      session.backlog.load(mailbox, () => this.givenTo(device.id))
      for (const feed of session.feeds) this.#open(session, feed, loading.heads.get(feed.conversationId))
      this.#meter.connected(session.feeds.waiting)
    }
    this.#loading.delete(session)
  }

  /** Forgets a connection; the late end of one that was replaced disturbs nothing. */
  detach(session: Session): void {
    const { device, userId } = session.options
    session.lifetime.end()
    const isLoaded = !this.#loading.delete(session)
    for (const feed of session.feeds) this.#forget(session, feed)
    if (this.#byDevice.get(device.id) === session) {
      this.#byDevice.delete(device.id)
      if (isLoaded) this.#given.keep(session)
    }
    const others = this.#byUser.get(userId)
    others?.delete(session)
    if (others?.size === 0) this.#byUser.delete(userId)
  }

  /** Ends the subscription; sessions are closed by whoever owns their sockets. */
  stop(): void {
    this.#unsubscribe()
  }

  #replace(session: Session): void {
    const { device } = session.options
    const older = this.#byDevice.get(device.id)
    if (older) {
      older.close(CLOSE.replaced)
      this.detach(older)
    }
    this.#byDevice.set(device.id, session)
  }

  #open(session: Session, feed: Feed, head?: number): void {
    if (head !== undefined) feed.advanceHead(head)
    if (!feed.isMember) return
    const listeners = this.#byConversation.get(feed.conversationId) ?? new Map<Session, Feed>()
    this.#byConversation.set(feed.conversationId, listeners.set(session, feed))
  }

  #forget(session: Session, feed: Feed): void {
    const listeners = this.#byConversation.get(feed.conversationId)
    listeners?.delete(session)
    if (listeners?.size === 0) this.#byConversation.delete(feed.conversationId)
  }

  /** Looks at the connections of a user whose standing has changed. */
  async #look(userId: number): Promise<void> {
    const since = performance.now()
    const sessions = [...this.sessionsOf(userId)].filter(({ isClosed }) => !isClosed)
    await this.#examine(sessions)
    if (sessions.some(({ refusal }) => refusal !== null)) this.#meter.ended(performance.now() - since)
  }

  #wake(wake: Wake): void {
    const since = performance.now()
    this.#noteForLoading(wake)
    if (wake.type === 'started' || wake.type === 'joined') this.#beginStay(wake)
    const event = new EncodedEvent(wake.seq, wake.body)
    for (const [session, feed] of this.#byConversation.get(wake.conversationId) ?? []) {
      if (wake.origin === session.options.id && wake.type === 'message') session.answered(feed, wake.seq)
      else session.offer(feed, wake.type, event)
    }
    if (wake.type === 'left') this.#endStay(wake)
    if (wake.userId !== null) this.#tellInvitee(wake)
    this.#meter.offered(performance.now() - since)
  }

  #noteForLoading({ conversationId, seq, userId }: Wake): void {
    for (const [session, loading] of this.#loading) {
      loading.heads.set(conversationId, seq)
      if (userId === session.options.userId) loading.stale = true
    }
  }

  #sessionsConcerned({ userId }: Wake): readonly Session[] {
    if (userId === null) return []
    return [...this.sessionsOf(userId)].filter((session) => !this.#loading.has(session))
  }

  #beginStay(wake: Wake): void {
    const { conversationId, uuid, seq } = wake
    for (const session of this.#sessionsConcerned(wake)) {
      this.#open(session, session.backlog.beginStay(conversationId, uuid as ConversationId, seq))
      if (wake.type === 'joined') session.dropInvitation(invitationOf(wake))
    }
  }

  #endStay(wake: Wake): void {
    for (const session of this.#sessionsConcerned(wake)) {
      const feed = session.feeds.get(wake.conversationId)
      feed?.endStay(wake.seq)
      if (feed) this.#forget(session, feed)
    }
  }

  #tellInvitee(wake: Wake): void {
    const { type, conversationId, seq } = wake
    const isEnd = type === 'declined' || type === 'cancelled' || type === 'expired'
    if (type !== 'invited' && !isEnd) return
    const notice = { invitation: invitationOf(wake), conversationId, seq, place: isEnd ? 2 : 1 } as const
    for (const session of this.#sessionsConcerned(wake)) session.tell(notice)
  }

  #signal({ conversationId, body, origin }: Signal): void {
    for (const [session] of this.#byConversation.get(conversationId) ?? [])
      if (session.options.id !== origin) session.signal(body)
  }
}

function invitationOf({ body }: Wake): string {
  const { invitation } = JSON.parse(body) as { readonly invitation: string }
  return invitation
}
