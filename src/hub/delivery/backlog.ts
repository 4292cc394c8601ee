import { setImmediate } from 'node:timers/promises'
import { HermesError } from '../../errors.js'
import type { EventLog } from '../../store/event-log.js'
import type { DeviceRecord, Mailbox } from '../../store/records.js'
import type { ConversationId } from '../../wire/formats.js'
import type { SessionOptions } from '../session-options.js'
import { EncodedEvent } from './encoded-event.js'
import { Feed } from './feed.js'
import type { Feeds } from './feeds.js'
import type { Given } from './given.js'
import type { InvitationFeed } from './invitation-feed.js'
import { type InvitationFeeds, NOTICES_PAGE } from './invitation-feeds.js'

/** Conversations looked at in one turn of the event loop. */
const LEFT_PAGE = 64

type Owner = Pick<SessionOptions, 'device' | 'username'>

/**
 * What a device may see and its connection does not hold: notices beyond the first, and conversations that its user
 * has left. Read a page at a time, when all before it was given: whatever happened to a user takes no memory.
 */
export class Backlog {
  readonly #log: EventLog
  readonly #device: DeviceRecord
  readonly #username: string
  readonly #feeds: Feeds
  readonly #invitations: InvitationFeeds
  #givenTo: () => Given = () => ({ seqs: new Map(), invitations: new Map() })
  /** The id of the conversation up to which those he has left are known; null when all are. */
  #leftUpTo: number | null = 0
  /** Those that he has left are read once more: what is known of their stays may not be all. */
  #isAgain = false
  /** While those he has left are read: what was forgotten meanwhile, of which the read may not know. */
  #forgotten: Set<number> | null = null

  constructor(log: EventLog, { device, username }: Owner, feeds: Feeds, invitations: InvitationFeeds) {
    this.#username = username
    this.#log = log
    this.#device = device
    this.#feeds = feeds
    this.#invitations = invitations
  }

  get hasLeft(): boolean {
    return this.#leftUpTo !== null
  }

  /** He may have been a member of a conversation, and left it, unheard of. */
  reread(): void {
    this.#leftUpTo = 0
    this.#isAgain = true
  }

  /** Takes what there was when the connection opened; `givenTo`: what the device was given on connections before. */
  load({ conversations, notices }: Mailbox, givenTo: () => Given): void {
    this.#givenTo = givenTo
    this.#add(conversations)
    this.#invitations.load(notices)
  }

  /** A stay that just began. What the device has not acknowledged of earlier ones comes before it. */
  beginStay(conversationId: number, uuid: ConversationId, seq: number): Feed {
    const known = this.#feeds.get(conversationId)
    known?.beginStay(seq)
    if (known) return known
    const isWhole = !this.hasLeft || seq === 1
    const mailbox = { conversationId, uuid, lastSeq: seq - 1, stays: [{ fromSeq: seq, toSeq: null }] }
    return this.#feeds.add(
      isWhole
        ? new Feed({ ...mailbox, ackedSeq: seq - 1 }, 0)
        : new Feed({ ...mailbox, ackedSeq: 0 }, this.#given(mailbox), 'stays are missing'),
    )
  }

  /** Another node says that a stay began, which the store shall tell. */
  expectStay(conversationId: number, uuid: ConversationId): Feed {
    const known = this.#feeds.get(conversationId)
    known?.doubt()
    if (known) return known
    const nothing = { conversationId, uuid, lastSeq: 0, stays: [], ackedSeq: 0 }
    return this.#feeds.add(new Feed(nothing, this.#given(nothing), 'stays are missing'))
  }

  async readNotices(): Promise<true> {
    this.#invitations.beginLoading()
    this.#invitations.load(await this.#log.readNotices(this.#device, NOTICES_PAGE))
    return true
  }

  /** The store knows that he has left a conversation and acknowledged all of it. */
  forget(feed: Feed): void {
    this.#feeds.delete(feed)
    this.#forgotten?.add(feed.conversationId)
  }

  /** Reads the next of the conversations he has left. */
  async readLeft(): Promise<true> {
    const forgotten = new Set<number>()
    this.#forgotten = forgotten
    const { conversations, next } = await this.#log.readLeft(this.#device, this.#leftUpTo ?? 0, LEFT_PAGE)
    this.#forgotten = null
    if (this.#isAgain) for (const { conversationId } of conversations) this.#feeds.get(conversationId)?.doubt()
    this.#add(conversations.filter(({ conversationId }) => !forgotten.has(conversationId)))
    this.#leftUpTo = next
    await setImmediate()
    return true
  }

  /** Reads an event of an invitation, as its invitee sees it. */
  async readInvitation({ conversationId, invitation }: InvitationFeed, seq: number): Promise<EncodedEvent> {
    const [event] = await this.#log.read(conversationId, { after: seq - 1, upTo: seq, limit: 1, maxBytes: 1 })
    if (!event) throw new HermesError('internal', `event ${seq} of invitation ${invitation} is gone`)
    return new EncodedEvent(seq, event.body).viewForInvitee(this.#username, event.type)
  }

  /** Reads the stays of a feed. */
  async complete(feed: Feed): Promise<true> {
    const { version } = feed
    feed.complete(await this.#log.openMailboxConversation(this.#device, feed.uuid), version)
    return true
  }

  #add(conversations: Mailbox['conversations']): void {
    for (const conversation of conversations) this.#feeds.add(new Feed(conversation, this.#given(conversation)))
  }

  #given({ conversationId }: { readonly conversationId: number }): number {
    return this.#givenTo().seqs.get(conversationId) ?? 0
  }
}
