import { setTimeout as pause } from 'node:timers/promises'
import type { Notification } from '../../src/client/frames.js'
import type { ConversationEvent } from '../../src/wire/events.js'
import type { Random } from '../random.js'
import { Connection } from './connection.js'
import type { Person } from './person.js'
import { isExpected, Recorder } from './recorder.js'

const RECONNECT_MS = 400
const ACKNOWLEDGE_MS = 1500
/** So likely it is that an event is acknowledged as soon as it is there. */
const ACKNOWLEDGES_AT_ONCE = 0.15

/** One device of a person. It connects again whenever it is cut off, and acknowledges when it likes. */
export class Device {
  readonly person: Person
  readonly name: string
  readonly recorder: Recorder
  readonly random: Random
  connection: Connection | null = null
  /** Conversation → the last seq that this device has. */
  readonly #has = new Map<string, number>()
  /** Conversation → the last seq that it ever had, with all before it. */
  readonly #last = new Map<string, number>()
  readonly #notices = new Set<string>()
  /** Settled: everything is acknowledged at once. */
  isEager = false

  constructor(person: Person, name: string) {
    this.person = person
    this.name = name
    this.random = person.random.fork()
    this.recorder = new Recorder(person.world.history.device(person.username, name))
  }

  /** Connects whenever there is no connection, until everybody goes. */
  async stayConnected(): Promise<void> {
    while (!this.person.isGone && !this.person.world.isSettling) {
      if (!this.connection?.isOpen)
        await this.connect().catch((error: unknown) => {
          if (!isExpected(error)) throw error
        })
      await this.connection?.closed
      await pause(this.random.pause(RECONNECT_MS))
    }
  }

  /** A new connection, beside an older one if there is one. */
  async connect(): Promise<void> {
    const { world, credentials } = this.person
    if (!credentials) return
    const connection = await Connection.open({
      number: world.nextConnection(),
      url: world.node(this.random).hubUrl,
      rootPem: world.pin.rootPem,
      device: this.name,
      credentials,
      recorder: this.recorder,
      onNotification: (notification) => this.#take(notification),
    })
    this.connection = connection
  }

  /** Acknowledges now and then what has come. */
  async keepAcknowledging(): Promise<void> {
    while (!this.person.isGone && !this.person.world.isSettling) {
      await pause(this.random.pause(ACKNOWLEDGE_MS))
      this.acknowledge()
    }
  }

  acknowledge(): void {
    const { connection } = this
    if (!connection?.isOpen) return
    for (const [conversation, seq] of this.#has) connection.acknowledge(conversation, seq)
    for (const invitation of this.#notices) connection.acknowledgeInvitation(invitation)
    // An acknowledgement may be lost, and what settles does not rest before everything is acknowledged.
    if (this.isEager) return
    this.#has.clear()
    this.#notices.clear()
  }

  /** This device has the answer to a message of its own: what it lacks before that is not to be acknowledged. */
  hasOwn(conversation: string, seq: number): void {
    if (this.#last.get(conversation) === seq - 1) this.#put(conversation, seq)
  }

  #put(conversation: string, seq: number): void {
    this.#has.set(conversation, Math.max(seq, this.#has.get(conversation) ?? 0))
    this.#last.set(conversation, Math.max(seq, this.#last.get(conversation) ?? 0))
  }

  /** The last seq of a conversation that it has and did not acknowledge. */
  unacknowledged(random: Random): readonly [conversation: string, seq: number] | null {
    return random.pick([...this.#has])
  }

  #take(notification: Notification): void {
    if (notification.method !== 'event') return
    this.take(notification.params)
    if (this.isEager || this.random.chance(ACKNOWLEDGES_AT_ONCE)) this.acknowledge()
  }

  /** Something that was given to this device. */
  take(event: ConversationEvent): void {
    this.person.see(event)
    if (event.seq !== undefined) this.#put(event.conversation, event.seq)
    else if ('invitation' in event) this.#notices.add(event.invitation)
  }
}
