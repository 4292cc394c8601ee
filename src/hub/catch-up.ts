import type { Bus } from '../bus/bus.js'
import type { EventLog } from '../store/event-log.js'
import type { Known, News, Pair } from '../store/news.js'
import type { ConversationId } from '../wire/formats.js'
import { CLOSE } from '../wire/frames.js'
import type { Conversations } from './conversations.js'
import type { Delivery } from './delivery/delivery.js'
import type { Session } from './delivery/session.js'
import type { HubMeter } from './meter.js'

/** Between two looks at all while the bus is away. */
const AWAY_MS = 1000
/** Words that are on their way are waited for so long before the store is asked. */
const GRACE_MS = 10

export interface CatchUpOptions {
  readonly log: Pick<EventLog, 'findNews'>
  readonly bus: Pick<Bus, 'isAway' | 'subscribe'>
  readonly delivery: Delivery
  readonly conversations: Conversations
  /** Between two looks at all while the bus is there. */
  readonly pollMs: number
  /** Monotonic milliseconds. */
  readonly clock: () => number
  readonly meter: Pick<HubMeter, 'rescued'>
  /** A conversation lost events that this node has seen. */
  readonly wentBack: () => void
}

/**
 * Finds in the store what other nodes did and this one was not told: of single conversations when something is missing,
 * of all that this node knows again and again, and soon while the bus is away.
 */
export class CatchUp {
  readonly #options: CatchUpOptions
  readonly #wanted = new Set<number>()
  #timer: NodeJS.Timeout | null = null
  #allDueAt = 0
  #isLooking = false
  #isMuchMissed = false

  constructor(options: CatchUpOptions) {
    this.#options = options
  }

  /** There may be more in a conversation than its connections here were told. */
  missed(conversationId: number): void {
    this.#wanted.add(conversationId)
    this.#timer ??= setTimeout(() => void this.#lookAtWanted().catch(() => undefined), GRACE_MS)
  }

  /** Anything may have been missed. */
  missedAll(): void {
    this.#allDueAt = 0
    this.#isMuchMissed = true
  }

  /** Called about twice a second; rejects where the store cannot be read, and goes on with the next. */
  async round(): Promise<void> {
    const { bus, clock, pollMs } = this.#options
    if (this.#isLooking) return
    const now = clock()
    if (bus.isAway) this.#allDueAt = Math.min(this.#allDueAt, now + AWAY_MS)
    this.#isLooking = true
    try {
      if (now < this.#allDueAt) return await this.#lookAtWanted()
      this.#wanted.clear()
      await this.#look(this.#all())
      if (this.#isMuchMissed && !bus.isAway) this.#reread()
      this.#allDueAt = now + (bus.isAway ? AWAY_MS : pollMs * (0.75 + Math.random() / 2))
    } finally {
      this.#isLooking = false
    }
  }

  stop(): void {
    if (this.#timer) clearTimeout(this.#timer)
  }

  async #lookAtWanted(): Promise<void> {
    this.#timer = null
    const wanted = new Set(this.#wanted)
    if (wanted.size === 0) return
    this.#wanted.clear()
    const conversations = this.#heads().filter(([conversationId]) => wanted.has(conversationId))
    try {
      await this.#look({ ...NOTHING, conversations })
    } catch (error) {
      for (const conversationId of wanted) this.#wanted.add(conversationId)
      throw error
    }
  }

  async #look(known: Known): Promise<void> {
    if (known.conversations.length + known.userIds.length === 0) return
    const news = await this.#options.log.findNews(known)
    this.#take({ ...news, conversations: this.#furtherOf(news, new Map(known.conversations)) })
  }

  #take({ conversations, memberships, notices, connections }: News): void {
    const { delivery, conversations: queues, meter } = this.#options
    let events = 0
    queues.hearOfAll(new Map(conversations.map(({ conversationId, lastSeq }) => [conversationId, lastSeq])))
    for (const { conversationId, lastSeq } of conversations) {
      if (delivery.channels.get(conversationId)?.hearOf(lastSeq)) events += 1
    }
    meter.rescued('events', events)
    meter.rescued('memberships', memberships.length)
    for (const { userId, uuid, ...rest } of memberships)
      delivery.expectStay(userId, { uuid: uuid as ConversationId, ...rest })
    for (const { deviceId } of notices) delivery.sessionOf(deviceId)?.reread('invitations')
    meter.rescued('notices', notices.length)
    for (const connection of connections) if (delivery.yieldTo(connection)) meter.rescued('connections', 1)
  }

  /**
   * Those that are not as far any more have other events behind: connections that were given the lost ones begin anew.
   */
  #furtherOf({ conversations }: News, heads: ReadonlyMap<number, number>): News['conversations'] {
    const { delivery, wentBack } = this.#options
    const isBehind = ({ conversationId, lastSeq }: News['conversations'][number]) =>
      lastSeq < (heads.get(conversationId) ?? 0)
    const behind = conversations.filter(isBehind)
    if (behind.length === 0) return conversations
    wentBack()
    for (const { conversationId } of behind)
      for (const session of delivery.channels.get(conversationId)?.listeners.keys() ?? []) session.close(CLOSE.restart)
    return conversations.filter((conversation) => !isBehind(conversation))
  }

  /** What began and ended meanwhile no longer shows in what is. */
  #reread(): void {
    this.#isMuchMissed = false
    for (const session of this.#options.delivery.loaded) session.reread('all')
  }

  #heads(): readonly Pair[] {
    const { delivery, conversations } = this.#options
    const heads = new Map<number, number>(conversations.heads)
    for (const { conversationId, head } of delivery.channels)
      heads.set(conversationId, Math.min(head, heads.get(conversationId) ?? head))
    return [...heads]
  }

  #all(): Known {
    const sessions = [...this.#options.delivery.loaded]
    return {
      conversations: this.#heads(),
      userIds: [...new Set(sessions.map(({ options }) => options.userId))],
      memberships: membershipsOf(sessions),
      notices: sessions.flatMap(({ options, invitations }) =>
        invitations.known === null ? [] : [[options.device.id, invitations.known] as const],
      ),
      connections: sessions.flatMap(({ options, number }) =>
        number === null ? [] : [[options.device.id, number] as const],
      ),
    }
  }
}

const NOTHING: Known = { conversations: [], userIds: [], memberships: [], notices: [], connections: [] }

/** What all connections of a user know of. */
function membershipsOf(sessions: readonly Session[]): readonly Pair[] {
  const known = new Map<string, { readonly pair: Pair; count: number }>()
  const connections = new Map<number, number>()
  for (const { options, feeds } of sessions) {
    const { userId } = options
    connections.set(userId, (connections.get(userId) ?? 0) + 1)
    for (const feed of feeds) {
      if (!feed.isMember && !feed.isPartial) continue
      const key = `${userId} ${feed.conversationId}`
      const entry = known.get(key) ?? { pair: [userId, feed.conversationId], count: 0 }
      entry.count += 1
      known.set(key, entry)
    }
  }
  return [...known.values()]
    .filter(({ pair: [userId], count }) => count === connections.get(userId))
    .map(({ pair }) => pair)
}
