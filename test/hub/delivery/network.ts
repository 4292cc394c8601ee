import type { Bus, BusListener, Topic } from '../../../src/bus/bus.js'
import { Listeners } from '../../../src/bus/listeners.js'

interface Message {
  readonly topic: Topic | 'control'
  readonly from: Node
  readonly say: (listener: BusListener) => void
}

/** A bus between nodes of one process whose messages arrive when, and if, the test says so. */
export class Network {
  readonly #nodes: Node[] = []
  #messages: Message[] = []

  node(): Bus {
    const node = new Node((message) => this.#messages.push(message))
    this.#nodes.push(node)
    return node
  }

  get waiting(): number {
    return this.#messages.length
  }

  /** The message at `index` arrives, or is lost. */
  take(index: number, isLost = false): void {
    const [message] = this.#messages.splice(index, 1)
    if (!message || isLost) return
    for (const node of this.#nodes)
      if (node !== message.from && node.follows(message.topic)) message.say(node.listeners)
  }

  deliverAll(): void {
    while (this.#messages.length > 0) this.take(0)
  }
}

class Node implements Bus {
  readonly isShared = true
  readonly isAway = false
  readonly listeners = new Listeners()
  readonly #send: (message: Message) => void
  readonly #topics: Topic[] = []

  constructor(send: (message: Message) => void) {
    this.#send = send
  }

  follows(topic: Message['topic']): boolean {
    return topic === 'control' || this.#topics.includes(topic)
  }

  publish(wake: Parameters<Bus['publish']>[0]): void {
    this.listeners.wake(wake, false)
    const { userId } = wake
    const told = { ...wake, origin: null }
    this.#say(`conversation.${wake.conversationId}`, (there) => there.wake({ ...told, userId: null }, true))
    if (userId !== null) this.#say(`user.${userId}`, (there) => there.wake(told, true))
  }

  signal(signal: Parameters<Bus['signal']>[0]): void {
    this.listeners.signal(signal)
    this.#say(`conversation.${signal.conversationId}`, (there) => there.signal({ ...signal, origin: null }))
  }

  standing(change: Parameters<Bus['standing']>[0]): void {
    this.listeners.standing(change)
    this.#say('control', (there) => there.standing(change))
  }

  connection(connection: Parameters<Bus['connection']>[0]): void {
    this.listeners.connection(connection)
    this.#say(`user.${connection.userId}`, (there) => there.connection(connection))
  }

  claim(claim: Parameters<Bus['claim']>[0]): void {
    this.#say(`conversation.${claim.conversationId}`, (there) => there.claim(claim))
  }

  subscribe(listener: BusListener): () => void {
    return this.listeners.add(listener)
  }

  async follow(topic: Topic): Promise<void> {
    this.#topics.push(topic)
  }

  unfollow(topic: Topic): void {
    const index = this.#topics.indexOf(topic)
    if (index >= 0) this.#topics.splice(index, 1)
  }

  async close(): Promise<void> {}

  #say(topic: Message['topic'], say: Message['say']): void {
    this.#send({ topic, from: this, say })
  }
}
