import { HermesError } from '../../errors.js'
import type { EventLog } from '../../store/event-log.js'
import type { DeviceRecord, Mailbox, StoredEvent } from '../../store/records.js'
import type { ConversationId, InvitationId } from '../../wire/formats.js'
import type { Close } from '../../wire/frames.js'
import { EncodedEvent } from './encoded-event.js'
import { Feed, type Range } from './feed.js'
import { InvitationFeed } from './invitation-feed.js'
import type { Sink } from './sink.js'
import { Window } from './window.js'

/** Events read from the log at once. */
const PAGE_EVENTS = 64
/** Invitations given and not acknowledged. */
const INVITATIONS_MAX = 16
/** Bytes a socket may hold back before nothing more is given to it. */
const BACKLOG_BYTES = 1024 * 1024
/** Bytes a socket may hold back before a signal, which is worth nothing later, is dropped. */
const SIGNAL_BACKLOG_BYTES = 64 * 1024

export interface SessionOptions {
  readonly id: string
  readonly username: string
  readonly userId: number
  /** Of the certificate of the connection: when it ends, and when that is worth a warning, in milliseconds. */
  readonly notAfter: number
  readonly warnAt: number
  readonly device: DeviceRecord
  readonly windowEvents: number
  readonly windowBytes: number
  /** What is written counts as acknowledged. */
  readonly autoAcknowledge: boolean
  /** Monotonic milliseconds. */
  readonly clock: () => number
}

/**
 * One live connection of a device: pulls what its user may see from the log, within a window of what is not
 * acknowledged. While it keeps up it is handed events as they are committed; when its window or its socket is
 * full it stops, and reads on from the log later. A slow reader costs disk, never memory.
 */
export class Session {
  readonly options: SessionOptions
  readonly feeds = new Map<number, Feed>()
  readonly #invitations = new Map<string, InvitationFeed>()
  readonly #sink: Sink
  readonly #log: EventLog
  readonly #window: Window
  #outstandingInvitations = 0
  #isSynced = false
  #isPumping = false
  #isClosed = false
  #heldSince: number | null = null

  constructor(options: SessionOptions, sink: Sink, log: EventLog) {
    this.options = options
    this.#sink = sink
    this.#log = log
    this.#window = new Window(options.windowEvents, options.windowBytes)
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Milliseconds (of `clock`) since which the window has been full without an acknowledgement, or null. */
  get heldSince(): number | null {
    return this.#heldSince
  }

  /** Whether there is more to give than the window lets through. */
  get isBehind(): boolean {
    return this.#nextInvitation() !== null || this.#nextFeed() !== null
  }

  /** Takes what the device may see; feeds that exist already keep their place. `given`: by conversation. */
  load(mailbox: Mailbox, given: ReadonlyMap<number, number>): void {
    for (const conversation of mailbox.conversations) {
      const { conversationId } = conversation
      if (this.feeds.has(conversationId)) continue
      this.feeds.set(conversationId, new Feed(conversation, given.get(conversationId) ?? 0))
    }
    for (const invitation of mailbox.invitations)
      if (!this.#invitations.has(invitation.invitation))
        this.#invitations.set(invitation.invitation, new InvitationFeed(invitation))
  }

  feedOf(uuid: ConversationId): Feed | null {
    for (const feed of this.feeds.values()) if (feed.uuid === uuid) return feed
    return null
  }

  invite(feed: InvitationFeed): void {
    if (!this.#invitations.has(feed.invitation)) this.#invitations.set(feed.invitation, feed)
    this.pump()
  }

  endInvitation(invitation: string, seq: number): void {
    this.#invitations.get(invitation)?.end(seq)
    this.pump()
  }

  /** He joined: the invitation is acknowledged with it. */
  dropInvitation(invitation: string): void {
    if (this.#invitations.get(invitation)?.isOutstanding) this.#outstandingInvitations -= 1
    this.#invitations.delete(invitation)
  }

  /** An event that was just committed. */
  offer(feed: Feed, type: string, event: EncodedEvent): void {
    feed.advanceHead(event.seq)
    if (!feed.sees(event.seq)) return
    if (this.#isSynced && feed.isNext(event.seq) && this.#mayWrite()) this.#write(feed, type, event)
    else this.pump()
  }

  /** This connection's own message was committed; its answer follows. */
  answered(feed: Feed, seq: number): void {
    feed.advanceHead(seq)
    feed.answered(seq)
  }

  signal(params: string): void {
    if (!this.#isClosed && this.#sink.backlog <= SIGNAL_BACKLOG_BYTES) this.#sink.notify('signal', params)
  }

  notify(method: 'certificate_expiring' | 'draining', params: string): void {
    if (!this.#isClosed) this.#sink.notify(method, params)
  }

  /** Goes on giving: the window or the socket has room again, or there is something new. */
  pump(): void {
    if (this.#isPumping || this.#isClosed) return
    this.#isPumping = true
    void this.#give()
  }

  /** Moves the cursor of a conversation. `done` is called when that is durable. Throws what `ack` refuses. */
  acknowledge(feed: Feed, seq: number, done?: (failure: HermesError | null) => void): void {
    const freed = feed.acknowledge(seq)
    for (const bytes of freed) this.#window.remove(bytes)
    this.#log.acknowledge(this.options.device.id, feed.conversationId, feed.acked, done)
    if (freed.length === 0) return
    const wasHeld = this.#heldSince !== null
    this.#heldSince = null
    if (wasHeld || feed.next) this.pump()
  }

  /** False: the invitation is none that this connection was given. */
  acknowledgeInvitation(id: InvitationId, done?: (failure: HermesError | null) => void): boolean {
    const feed = this.#invitations.get(id)
    if (!feed) return false
    const acked = feed.acknowledge()
    if (acked === null) {
      done?.(null)
      return true
    }
    this.#outstandingInvitations -= 1
    if (feed.isOver) this.#invitations.delete(id)
    this.#log.acknowledgeInvitation(this.options.device.id, id, acked, done)
    this.pump()
    return true
  }

  close(close: Close): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#sink.close(close)
  }

  /** The connection is gone. */
  end(): void {
    this.#isClosed = true
  }

  async #give(): Promise<void> {
    try {
      while (!this.#isClosed && (await this.#giveNext()));
    } catch (error) {
      this.#isClosed = true
      this.#sink.fail(error)
    } finally {
      this.#isPumping = false
    }
  }

  /** False: nothing more can be given now. */
  #giveNext(): Promise<boolean> | boolean {
    const invitation = this.#nextInvitation()
    const feed = this.#nextFeed()
    if (!invitation && !feed) return this.#upToDate()
    if (this.#sink.backlog > BACKLOG_BYTES) return false
    if (invitation) return this.#giveInvitation(invitation)
    if (!this.#window.isOpen) return this.#hold()
    return feed?.next ? this.#givePage(feed, feed.next) : false
  }

  #upToDate(): false {
    if (!this.#isSynced) this.#sink.synced()
    this.#isSynced = true
    return false
  }

  #hold(): false {
    if (this.#heldSince === null) this.#sink.held()
    this.#heldSince ??= this.options.clock()
    return false
  }

  #nextFeed(): Feed | null {
    for (const feed of this.feeds.values()) if (feed.next) return feed
    return null
  }

  #nextInvitation(): InvitationFeed | null {
    if (this.#outstandingInvitations >= INVITATIONS_MAX) return null
    for (const feed of this.#invitations.values()) if (feed.next !== null) return feed
    return null
  }

  async #giveInvitation(feed: InvitationFeed): Promise<boolean> {
    const seq = feed.next
    if (seq === null) return true
    const [event] = await this.#log.read(feed.conversationId, { after: seq - 1, upTo: seq, limit: 1, maxBytes: 1 })
    if (this.#isClosed || feed.next !== seq || !this.#invitations.has(feed.invitation)) return true
    if (!event) throw new HermesError('internal', `event ${seq} of invitation ${feed.invitation} is gone`)
    if (!feed.isOutstanding) this.#outstandingInvitations += 1
    feed.gave()
    this.#sink.event(new EncodedEvent(seq, event.body).viewForInvitee(this.options.username, event.type))
    if (this.options.autoAcknowledge) this.acknowledgeInvitation(feed.invitation)
    return true
  }

  async #givePage(feed: Feed, { after, upTo }: Range): Promise<boolean> {
    const { events, bytes } = this.#window.room
    const limit = Math.min(PAGE_EVENTS, events)
    const page = await this.#log.read(feed.conversationId, { after, upTo, limit, maxBytes: bytes })
    for (const event of page) {
      if (!this.#isStill(feed, event)) continue
      if (!this.#mayWrite()) return false
      this.#bridge(feed, event.seq)
      this.#giveStored(feed, event)
    }
    if (page.length === 0) this.#bridge(feed, upTo + 1)
    this.#rotate(feed)
    return true
  }

  /** No conversation waits for the whole backlog of another. */
  #rotate(feed: Feed): void {
    if (!this.feeds.delete(feed.conversationId)) return
    this.feeds.set(feed.conversationId, feed)
  }

  /** Acknowledged meanwhile, it need not be given any more. */
  #isStill(feed: Feed, event: StoredEvent): boolean {
    return feed.next !== null && event.seq > feed.next.after
  }

  /** Says so if events before `seq` are no longer in the log. */
  #bridge(feed: Feed, seq: number): void {
    const next = feed.next
    if (!next || next.after + 1 >= seq) return
    const from = next.after + 1
    const to = Math.min(seq - 1, next.upTo)
    feed.pass(to)
    this.#sink.gap({ conversation: feed.uuid, from, to, reason: 'retention' })
  }

  #giveStored(feed: Feed, event: StoredEvent): void {
    if (feed.isOwn(event.seq)) feed.pass(event.seq)
    else this.#write(feed, event.type, new EncodedEvent(event.seq, event.body))
  }

  #mayWrite(): boolean {
    if (this.#isClosed || this.#sink.backlog > BACKLOG_BYTES) return false
    if (this.#window.isOpen) return true
    this.#hold()
    return false
  }

  #write(feed: Feed, type: string, event: EncodedEvent): void {
    const view = event.viewFor(this.options.username, type)
    feed.wrote(event.seq, view.bytes)
    this.#window.add(view.bytes)
    this.#sink.event(view)
    if (this.options.autoAcknowledge) this.acknowledge(feed, event.seq)
  }
}
