import type { Bus, Topic } from '../../bus/bus.js'
import type { EventLog } from '../../store/event-log.js'
import { Channel, type ChannelOptions } from './channel.js'
import type { Feed } from './feed.js'
import type { Session } from './session.js'

export interface ChannelsOptions extends Pick<ChannelOptions, 'deliver' | 'missed'> {
  readonly log: Pick<EventLog, 'read'>
  readonly bus: Pick<Bus, 'follow' | 'unfollow'>
}

/** The conversations that connections of this node listen to. */
export class Channels {
  readonly #options: ChannelsOptions
  readonly #byConversation = new Map<number, Channel>()

  constructor(options: ChannelsOptions) {
    this.#options = options
  }

  get(conversationId: number): Channel | null {
    return this.#byConversation.get(conversationId) ?? null
  }

  [Symbol.iterator](): Iterator<Channel> {
    return this.#byConversation.values()
  }

  /** A connection begins to listen; `head`: the last event that it knows of. */
  open(session: Session, feed: Feed, head: number): Channel {
    const channel = this.get(feed.conversationId) ?? this.#make(feed.conversationId, head)
    // Something happened since its stays were read.
    if (channel.head > head) feed.doubt()
    channel.listeners.set(session, feed)
    return channel
  }

  leave(session: Session, { conversationId }: Pick<Feed, 'conversationId'>): void {
    const channel = this.get(conversationId)
    if (!channel?.listeners.delete(session) || channel.listeners.size > 0) return
    this.#byConversation.delete(conversationId)
    this.#options.bus.unfollow(topicOf(conversationId))
  }

  #make(conversationId: number, head: number): Channel {
    const { log, deliver, missed, bus } = this.#options
    const channel = new Channel({ conversationId, head, log, deliver, missed })
    this.#byConversation.set(conversationId, channel)
    void bus.follow(topicOf(conversationId))?.then(() => missed(conversationId))
    return channel
  }
}

function topicOf(conversationId: number): Topic {
  return `conversation.${conversationId}`
}
