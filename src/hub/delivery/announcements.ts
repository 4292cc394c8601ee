import type { Signal, Wake } from '../../bus/bus.js'
import type { ConversationId } from '../../wire/formats.js'
import type { HubMeter } from '../meter.js'
import type { Channel, Heard } from './channel.js'
import type { Channels } from './channels.js'
import { EncodedEvent } from './encoded-event.js'
import type { Loading } from './loading.js'
import type { Session } from './session.js'

/** The live connections of this node. */
interface Sessions {
  sessionsOf(userId: number): Iterable<Session>
}

/** A conversation whose events up to `lastSeq` are in the log. */
export interface Place {
  readonly conversationId: number
  readonly uuid: ConversationId
  readonly lastSeq: number
}

/** What of an event is said to whom. */
export class Announcements {
  readonly #sessions: Sessions
  readonly #channels: Channels
  readonly #loading: Loading
  readonly #meter: HubMeter
  readonly #isShared: boolean

  constructor(sessions: Sessions, channels: Channels, loading: Loading, meter: HubMeter, isShared: boolean) {
    this.#isShared = isShared
    this.#sessions = sessions
    this.#channels = channels
    this.#loading = loading
    this.#meter = meter
  }

  wake(wake: Wake, isElsewhere: boolean): void {
    const since = performance.now()
    const { conversationId, seq, userId } = wake
    this.#loading.hear(conversationId, seq, ({ options }) => options.userId === userId)
    const isBeginning = wake.type === 'started' || wake.type === 'joined'
    if ((isBeginning && this.#isShared) || this.#isEndUnheardOf(wake)) this.#expectStay(wake)
    else if (isBeginning) this.#beginStay(wake)
    const channel = this.#channels.get(conversationId)
    if (channel && !channel.isNext(wake)) this.#answered(channel, wake)
    channel?.hear(wake)
    if (userId !== null) this.#tellInvitee(wake, isElsewhere)
    this.#meter.offered(performance.now() - since)
  }

  /** An event in its place, to those who listen. */
  deliver(channel: Channel, { seq, type, body, origin }: Heard): void {
    const event = new EncodedEvent(seq, body)
    for (const [session, feed] of channel.listeners) {
      if (origin === session.options.id && type === 'message') session.answered(feed, seq)
      else session.offer(feed, type, event)
    }
    if (type === 'left') this.#endStays(channel, seq, body)
  }

  signal({ conversationId, body, origin }: Signal): void {
    for (const [session, feed] of this.#channels.get(conversationId)?.listeners ?? [])
      if (session.options.id !== origin && feed.isMember) session.signal(body)
  }

  /** The connection whose message it is has its answer, though others of other nodes are to come before it. */
  #answered({ listeners }: Channel, { origin, type, seq }: Wake): void {
    if (origin === null || type !== 'message') return
    for (const [session, feed] of listeners) if (session.options.id === origin) session.answered(feed, seq)
  }

  /** Whether somebody leaves who is not known to be there: that he joined was not heard. */
  #isEndUnheardOf(wake: Wake): boolean {
    if (wake.type !== 'left') return false
    return this.#concerned(wake).some(({ feeds }) => feeds.get(wake.conversationId)?.isMember !== true)
  }

  #concerned({ userId }: Pick<Wake, 'userId'>): readonly Session[] {
    if (userId === null) return []
    return [...this.#sessions.sessionsOf(userId)].filter((session) => !this.#loading.has(session))
  }

  #beginStay(wake: Wake): void {
    const { conversationId, uuid, seq, invitation } = wake
    for (const session of this.#concerned(wake)) {
      const feed = session.backlog.beginStay(conversationId, uuid as ConversationId, seq)
      if (feed.isMember) this.#channels.open(session, feed, seq - 1)
      if (invitation !== null) session.dropInvitation(invitation)
    }
  }

  /**
   * Where other nodes are, there may have been earlier stays, and who may see what is not believed of them: the store
   * is asked.
   */
  #expectStay(wake: Wake): void {
    const { conversationId, seq, invitation } = wake
    const uuid = wake.uuid as ConversationId
    if (wake.userId !== null) this.expectStay(wake.userId, { conversationId, uuid, lastSeq: seq - 1 })
    if (invitation !== null) for (const session of this.#concerned(wake)) session.dropInvitation(invitation)
  }

  /** A user may have become a member of a conversation. */
  expectStay(userId: number, { conversationId, uuid, lastSeq }: Place): void {
    for (const session of this.#concerned({ userId }))
      this.#channels.open(session, session.expectStay(conversationId, uuid), lastSeq)
  }

  #endStays(channel: Channel, seq: number, body: string): void {
    const { username } = (JSON.parse(body) as { readonly from: { readonly username: string } }).from
    this.#loading.hear(channel.conversationId, seq, ({ options }) => options.username === username)
    for (const [session, feed] of channel.listeners) {
      if (session.options.username !== username) continue
      feed.endStay(seq)
      this.#channels.leave(session, feed)
    }
  }

  #tellInvitee(wake: Wake, isElsewhere: boolean): void {
    const { type, conversationId, seq, invitation } = wake
    const isEnd = type === 'declined' || type === 'cancelled' || type === 'expired'
    if ((type !== 'invited' && !isEnd) || invitation === null) return
    const notice = { invitation, conversationId, seq, place: isEnd ? 2 : 1 } as const
    for (const session of this.#concerned(wake)) {
      // Late news of another node may be of what this device has acknowledged; and that it was invited another node may
      // have said, unheard: the store knows.
      if (isElsewhere || (isEnd && this.#isShared)) session.reread('invitations')
      else session.tell(notice)
    }
  }
}
