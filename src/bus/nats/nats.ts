import type { Bus, Topic, Wake } from '../bus.js'
import { Listeners } from '../listeners.js'
import { NatsLink } from './link.js'
import { Marks } from './marks.js'
import { decodeMessage, encodeMessage, type Message } from './message.js'
import type { NatsOptions } from './options.js'
import { withoutTag, withTag } from './tag.js'

/** What the head of a message may take beyond the text it carries. */
const HEAD_BYTES = 1024

type Place = Topic | 'control'

/**
 * The bus of several nodes: what happens here is heard here as in one process, and told to the others through core
 * NATS, at most once, with a tag that only nodes of this installation can make. A node hears of the conversations and
 * users that it follows, and of changes of anybody's standing. NATS may come and go; it is tried for ever.
 */
export function createNatsBus(options: NatsOptions): Bus {
  return new NatsBus(options)
}

class NatsBus implements Bus {
  readonly isShared = true
  readonly #options: NatsOptions
  readonly #listeners = new Listeners()
  readonly #link: NatsLink
  readonly #marks: Marks
  readonly #followers = new Map<Topic, number>()

  constructor(options: NatsOptions) {
    this.#options = options
    this.#marks = new Marks(options.now)
    // Ids begin at 1.
    const trials = [this.#subject('conversation.0'), this.#subject('user.0')]
    const linkOptions = { ...options, trials }
    this.#link = new NatsLink(linkOptions, {
      heard: (subject, data) => this.#hear(subject, data),
      changed: (isUp, why) => this.#changed(isUp, why),
    })
    void this.#link.subscribe(this.#subject('control'))
  }

  get isAway(): boolean {
    return !this.#link.isUp
  }

  publish(wake: Wake): void {
    this.#listeners.wake(wake, false)
    const { origin, userId, ...rest } = wake
    const longest = Math.min(this.#options.inlineBytes, this.#link.maxPayload - HEAD_BYTES)
    const body = rest.body !== null && Buffer.byteLength(rest.body) <= longest ? rest.body : null
    this.#say(`conversation.${wake.conversationId}`, { kind: 'wake', wake: { ...rest, userId: null, body } })
    if (userId !== null) this.#say(`user.${userId}`, { kind: 'wake', wake: { ...rest, userId, body } })
  }

  signal(signal: Parameters<Bus['signal']>[0]): void {
    this.#listeners.signal(signal)
    const { origin, ...rest } = signal
    this.#say(`conversation.${signal.conversationId}`, { kind: 'signal', signal: rest, mark: this.#marks.next() })
  }

  standing(change: Parameters<Bus['standing']>[0]): void {
    this.#listeners.standing(change)
    this.#say('control', { kind: 'standing', standing: change })
  }

  connection(connection: Parameters<Bus['connection']>[0]): void {
    this.#listeners.connection(connection)
    this.#say(`user.${connection.userId}`, { kind: 'connection', connection })
  }

  claim(claim: Parameters<Bus['claim']>[0]): void {
    this.#say(`conversation.${claim.conversationId}`, { kind: 'claim', claim })
  }

  subscribe(listener: Parameters<Bus['subscribe']>[0]): () => void {
    return this.#listeners.add(listener)
  }

  follow(topic: Topic): Promise<void> {
    const followers = this.#followers.get(topic) ?? 0
    this.#followers.set(topic, followers + 1)
    return followers === 0 ? this.#link.subscribe(this.#subject(topic)) : this.#link.settled()
  }

  unfollow(topic: Topic): void {
    const followers = this.#followers.get(topic) ?? 0
    if (followers > 1) this.#followers.set(topic, followers - 1)
    else if (this.#followers.delete(topic)) this.#link.unsubscribe(this.#subject(topic))
  }

  close(): Promise<void> {
    return this.#link.close()
  }

  #subject(place: Place): string {
    return `${this.#options.prefix}.${place}`
  }

  #say(place: Place, message: Message): void {
    const subject = this.#subject(place)
    this.#link.publish(subject, withTag(this.#options.key, subject, encodeMessage(message)))
  }

  #hear(subject: string, data: Uint8Array): void {
    const message = this.#understand(subject, data)
    if (message === null) return this.#options.meter.dropped('invalid')
    this.#options.meter.received()
    switch (message.kind) {
      case 'wake':
        return this.#listeners.wake({ ...message.wake, origin: null }, true)
      case 'signal':
        return this.#listeners.signal({ ...message.signal, origin: null })
      case 'standing':
        return this.#listeners.standing(message.standing)
      case 'connection':
        return this.#listeners.connection(message.connection)
      case 'claim':
        return this.#listeners.claim(message.claim)
    }
  }

  /** Null for what no node of this installation said, or said now. */
  #understand(subject: string, data: Uint8Array): Message | null {
    const { key, prefix } = this.#options
    const text = withoutTag(key, subject, data)
    const message = text && decodeMessage(text)
    if (message === null || !isAt(subject.slice(prefix.length + 1) as Place, message)) return null
    return message.kind === 'signal' && !this.#marks.isNew(message.mark) ? null : message
  }

  #changed(isUp: boolean, why: string): void {
    const servers = this.#options.servers.map((server) => new URL(server).host)
    const { logger } = this.#options
    if (!isUp) return logger.warn({ servers }, `NATS is away (${why}): other nodes are heard by reading the store`)
    logger.info({ servers }, 'NATS is there: other nodes are heard through it')
    this.#listeners.missed()
  }
}

/** A message is taken where it belongs alone. */
function isAt(place: Place, message: Message): boolean {
  switch (message.kind) {
    case 'wake': {
      const { userId, conversationId } = message.wake
      return place === (userId === null ? `conversation.${conversationId}` : `user.${userId}`)
    }
    case 'signal':
      return place === `conversation.${message.signal.conversationId}`
    case 'standing':
      return place === 'control'
    case 'connection':
      return place === `user.${message.connection.userId}`
    case 'claim':
      return place === `conversation.${message.claim.conversationId}`
  }
}
