import type { HermesError } from '../../errors.js'
import type { EventLog } from '../../store/event-log.js'
import type { Notice } from '../../store/records.js'
import type { ConversationId, InvitationId } from '../../wire/formats.js'
import type { Close } from '../../wire/frames.js'
import { timeOf } from '../encoding.js'
import { type HubMeter, NO_HUB_METER } from '../meter.js'
import type { SessionOptions } from '../session-options.js'
import type { StandingRefusal } from '../standing.js'
import { Backlog } from './backlog.js'
import { EncodedEvent } from './encoded-event.js'
import type { Feed, Range } from './feed.js'
import { Feeds } from './feeds.js'
import type { Count, InvitationFeed } from './invitation-feed.js'
import { InvitationFeeds } from './invitation-feeds.js'
import { Lifetime } from './lifetime.js'
import { Outlet } from './outlet.js'
import { Pump } from './pump.js'
import type { Sink } from './sink.js'

/** Bytes a socket may hold back before a signal, which is worth nothing later, is dropped. */
const SIGNAL_BACKLOG_BYTES = 64 * 1024

type Done = (failure: HermesError | null) => void

/**
 * One live connection of a device: pulls what its user may see from the log, within a window of what is not
 * acknowledged. While it keeps up it is handed events as they are committed; when its window or its socket is
 * full it stops, and reads on from the log later. A slow reader costs disk, never memory.
 */
export class Session {
  readonly options: SessionOptions
  readonly feeds = new Feeds()
  readonly invitations = new InvitationFeeds()
  readonly lifetime: Lifetime
  readonly backlog: Backlog
  readonly outlet: Outlet
  readonly #sink: Sink
  readonly #log: EventLog
  readonly #pump: Pump
  readonly #meter: HubMeter
  /** Of the connections of its device, this is the so manieth; null where nobody counts. */
  number: number | null = null
  #isSynced = false
  /** Of what waited when it connected: when the oldest event of its conversations happened. */
  #oldest = Number.POSITIVE_INFINITY

  constructor(options: SessionOptions, sink: Sink, log: EventLog, meter: HubMeter = NO_HUB_METER) {
    this.options = options
    this.lifetime = new Lifetime(sink, options.notAfter)
    this.#sink = sink
    this.#log = log
    this.#meter = meter
    this.backlog = new Backlog(log, options, this.feeds, this.invitations)
    this.outlet = new Outlet(options, sink, meter)
    this.#pump = new Pump({
      giveNext: () => this.#giveNext(),
      isOver: () => this.isClosed,
      failed: (error) => this.lifetime.fail(error),
      retryMs: options.retryMs,
    })
  }

  get id(): string {
    return this.options.id
  }

  /** Why its certificate is no longer good, or null. */
  get refusal(): StandingRefusal | null {
    return this.lifetime.refusal
  }

  get isClosed(): boolean {
    return this.lifetime.isOver
  }

  /** Milliseconds (of `clock`) since which the window has been full without an acknowledgement, or null. */
  get heldSince(): number | null {
    return this.outlet.window.heldSince
  }

  /** An event of an invitation to its user that was just committed. */
  tell(notice: Notice): void {
    this.invitations.tell(notice)
    this.#pump.wake()
  }

  /** He joined: the invitation is acknowledged with it. */
  dropInvitation(invitation: string): void {
    this.invitations.drop(invitation)
    this.#pump.wake()
  }

  /** An event that was just committed. */
  offer(feed: Feed, type: string, event: EncodedEvent): void {
    try {
      feed.advanceHead(event.seq)
      if (!feed.sees(event.seq)) return
      if (this.#isSynced && feed.isNext(event.seq) && this.#mayWrite()) this.#write(feed, type, event, true)
      else this.#pump.wake()
    } catch (error) {
      this.lifetime.fail(error)
    }
  }

  /** There are events up to `seq`, which are to be read from the log. */
  notice(feed: Feed, seq: number): void {
    feed.advanceHead(seq)
    this.#pump.wake()
  }

  /** The store may have stays that are not known here. */
  expectStay(conversationId: number, uuid: ConversationId): Feed {
    const feed = this.backlog.expectStay(conversationId, uuid)
    this.#pump.wake()
    return feed
  }

  /** The store may have events of invitations to its user, or conversations he left, that are not known here. */
  reread(what: 'invitations' | 'all'): void {
    this.invitations.expectMore()
    if (what === 'all') this.backlog.reread()
    this.#pump.wake()
  }

  /** This connection's own message was committed; its answer follows. */
  answered(feed: Feed, seq: number): void {
    feed.advanceHead(seq)
    feed.answered(seq)
    this.#autoAcknowledge(feed)
  }

  signal(params: string): void {
    if (this.#pump.isStarted && this.#sink.backlog <= SIGNAL_BACKLOG_BYTES) this.notify('signal', params)
  }

  notify(method: 'signal' | 'certificate_expiring' | 'draining', params: string): void {
    if (!this.isClosed) this.#sink.notify(method, params)
  }

  /** Begins to give, and goes on when the socket has room again. Before the first call nothing is given. */
  pump(): void {
    this.#pump.start()
  }

  /** Moves the cursor of a conversation. `done` is called when that is durable. */
  acknowledge(feed: Feed, seq: number, done?: Done): void {
    const wasHeld = this.heldSince !== null
    this.outlet.acknowledge(feed, seq)
    const stored = feed.isOver ? this.#forgetting(feed, done) : done
    this.#log.acknowledge(this.options.device.id, feed.conversationId, feed.acked, stored)
    if (wasHeld || !this.#isSynced || feed.next) this.#pump.wake()
  }

  /** False: the invitation is none of this connection. */
  acknowledgeInvitation(id: InvitationId, done?: Done): boolean {
    if (!this.invitations.has(id)) return false
    const acked = this.invitations.acknowledge(id)
    if (acked === null) done?.(null)
    else this.#log.acknowledgeInvitation(this.options.device.id, id, acked, this.#settling(id, acked, done))
    this.#pump.wake()
    return true
  }

  close(close: Close): void {
    this.lifetime.close(close)
  }

  #settling(id: InvitationId, acked: Count, done?: Done): Done {
    return (failure) => {
      this.invitations.settle(id, acked, failure === null)
      this.#pump.wake()
      done?.(failure)
    }
  }

  /** What he has left and acknowledged takes no memory once the store knows: before that it would tell it anew. */
  #forgetting(feed: Feed, done?: Done): Done {
    return (failure) => {
      if (!failure && feed.isOver) this.backlog.forget(feed)
      done?.(failure)
    }
  }

  /** False: nothing more can be given now. */
  #giveNext(): Promise<boolean> | boolean {
    const invitation = this.invitations.next
    const feed = this.feeds.next
    if (this.invitations.wantsMore) return this.backlog.readNotices()
    if (!feed && this.backlog.hasLeft) return this.backlog.readLeft()
    if (feed?.isPartial) return this.backlog.complete(feed)
    if (!invitation && !feed) return this.#upToDate()
    if (!this.outlet.hasRoom) return false
    if (invitation) return this.#giveInvitation(invitation)
    if (!this.outlet.window.isOpen) {
      this.outlet.hold()
      return false
    }
    return feed?.next ? this.#givePage(feed, feed.next) : false
  }

  #upToDate(): false {
    if (this.invitations.isHeld) this.#sink.held()
    else if (!this.#isSynced) {
      this.#isSynced = true
      if (this.#oldest < Number.POSITIVE_INFINITY) this.#meter.caughtUp(this.#oldest)
      this.#sink.synced()
    }
    return false
  }

  async #giveInvitation(feed: InvitationFeed): Promise<boolean> {
    const { invitation, next } = feed
    if (next === null) return true
    const event = await this.backlog.readInvitation(feed, next)
    if (this.isClosed || !this.invitations.has(invitation)) return true
    this.invitations.gave(feed)
    this.#sink.event(event)
    if (this.options.autoAcknowledge) this.acknowledgeInvitation(invitation)
    return true
  }

  async #givePage(feed: Feed, { after, upTo }: Range): Promise<boolean> {
    const page = await this.#log.read(feed.conversationId, { after, upTo, ...this.outlet.page })
    if (page[0] && !this.#isSynced) this.#oldest = Math.min(this.#oldest, timeOf(page[0].body))
    for (const event of page) {
      if (!feed.awaits(event.seq)) continue
      if (!this.#mayWrite()) return false
      this.outlet.bridge(feed, event.seq)
      this.#write(feed, event.type, new EncodedEvent(event.seq, event.body), false)
    }
    if (page.length === 0 && !this.isClosed) this.outlet.bridge(feed, upTo + 1)
    this.feeds.rotate(feed)
    return true
  }

  #mayWrite(): boolean {
    return !this.isClosed && this.outlet.mayWrite()
  }

  #write(feed: Feed, type: string, event: EncodedEvent, isLive: boolean): void {
    this.outlet.write(feed, type, event, isLive)
    this.#autoAcknowledge(feed)
  }

  #autoAcknowledge(feed: Feed): void {
    if (this.options.autoAcknowledge && feed.sent > feed.acked) this.acknowledge(feed, feed.sent)
  }
}
