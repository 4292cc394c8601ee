import type { Wake } from '../../bus/bus.js'
import type { EventLog } from '../../store/event-log.js'
import type { Feed } from './feed.js'
import type { Session } from './session.js'

/** Events read from the log at once, and their bytes. */
const PAGE = { limit: 64, maxBytes: 1024 * 1024 }

/** Known to be in the log: its body is here. */
export type Heard = Pick<Wake, 'conversationId' | 'seq' | 'type' | 'origin'> & { readonly body: string }

export interface ChannelOptions {
  readonly conversationId: number
  /** The last event that whoever listens first knows of. */
  readonly head: number
  readonly log: Pick<EventLog, 'read'>
  /** Gives an event to those who listen. */
  readonly deliver: (channel: Channel, event: Heard) => void
  /** The log could not be read, or other nodes are heard from now on only: there may be more in it. */
  readonly missed: (conversationId: number) => void
}

/**
 * A conversation as the connections of this node listen to it: each event once, in order, without a hole. What comes
 * too early, because that of another node before it is missing or on its way, or without its body, is read from the
 * log, once for all of them. So nobody is given an event before what ended his stay.
 */
export class Channel {
  readonly conversationId: number
  readonly listeners = new Map<Session, Feed>()
  readonly #options: ChannelOptions
  #head: number
  #known: number
  #isReading = false

  constructor(options: ChannelOptions) {
    this.conversationId = options.conversationId
    this.#options = options
    this.#head = options.head
    this.#known = options.head
  }

  /** The event up to which all were given. */
  get head(): number {
    return this.#head
  }

  /** An event that was committed here, or elsewhere. */
  hear(wake: Wake): void {
    const { body, seq } = wake
    if (body !== null && this.isNext(wake)) this.#pass({ ...wake, body })
    else this.hearOf(seq)
  }

  /** Whether those who listen can be given it at once. */
  isNext({ body, seq }: Pick<Wake, 'body' | 'seq'>): boolean {
    return body !== null && seq === this.#head + 1 && !this.#isReading
  }

  /** There are events up to `seq`. Whether that was not known here. */
  hearOf(seq: number): boolean {
    const isNew = seq > this.#known
    if (isNew) this.#known = seq
    // Not new, where the log could not be read before.
    if (this.#known > this.#head && !this.#isReading) void this.#catchUp()
    return isNew
  }

  #pass(event: Heard): void {
    this.#head = event.seq
    this.#known = Math.max(this.#known, event.seq)
    this.#options.deliver(this, event)
  }

  async #catchUp(): Promise<void> {
    this.#isReading = true
    try {
      while (this.#known > this.#head && this.listeners.size > 0) await this.#readPage()
    } catch {
      this.#options.missed(this.conversationId)
    } finally {
      this.#isReading = false
    }
  }

  async #readPage(): Promise<void> {
    const { conversationId, log } = this.#options
    const upTo = this.#known
    const events = await log.read(conversationId, { after: this.#head, upTo, ...PAGE })
    for (const event of events) this.#pass({ ...event, conversationId, origin: null })
    if (events.length > 0) return
    // Retention was faster. It removes messages alone, which end no stay: each connection says what it lacks.
    this.#head = upTo
    for (const [session, feed] of this.listeners) session.notice(feed, upTo)
  }
}
