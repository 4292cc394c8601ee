import type { Bus } from '../../../src/bus/bus.js'
import { createInProcessBus } from '../../../src/bus/in-process.js'
import { apply } from '../../../src/hub/committed.js'
import type { Command } from '../../../src/hub/conversation/commands.js'
import { begin, decide } from '../../../src/hub/conversation/decide.js'
import { emptyConversation } from '../../../src/hub/conversation/evolve.js'
import { ConversationQueue } from '../../../src/hub/conversation-queue.js'
import { Delivery, type DeliveryOptions } from '../../../src/hub/delivery/delivery.js'
import type { EncodedEvent } from '../../../src/hub/delivery/encoded-event.js'
import type { Feed } from '../../../src/hub/delivery/feed.js'
import { Session } from '../../../src/hub/delivery/session.js'
import type { Sink } from '../../../src/hub/delivery/sink.js'
import { NO_HUB_METER } from '../../../src/hub/meter.js'
import { publish } from '../../../src/hub/publish.js'
import type { SessionOptions } from '../../../src/hub/session-options.js'
import { closeFor, type StandingRefusal } from '../../../src/hub/standing.js'
import type { ConversationId, InvitationId } from '../../../src/wire/formats.js'
import {
  accept,
  actor,
  CONVERSATION,
  confirm,
  invitationId,
  invite,
  type Name,
  NOW,
  send,
} from '../conversation/world.js'
import { MemoryLog } from '../memory-log.js'
import { begun } from '../queue-fixture.js'

export interface SeenEvent {
  readonly conversation: string
  readonly seq?: number
  readonly type: string
  readonly invitation?: string
  readonly payload?: string
  readonly attachment?: string
}

/** A socket that takes down what it is given. */
export class FakeSink implements Sink {
  backlog = 0
  readonly seen: SeenEvent[] = []
  /** Everything in order: `event 3`, `invited`, `gap 2-4`, `synced`, `held`, `signal`, `close 4505`, `failed`. */
  readonly trace: string[] = []
  onEvent: (event: SeenEvent) => void = () => {}

  event(event: EncodedEvent): void {
    const seen = JSON.parse(event.body) as SeenEvent
    this.seen.push(seen)
    this.trace.push(seen.seq === undefined ? seen.type : `event ${seen.seq}`)
    this.onEvent(seen)
  }

  gap({ from, to }: { readonly from: number; readonly to: number }): void {
    this.trace.push(`gap ${from}-${to}`)
  }

  synced(): void {
    this.trace.push('synced')
  }

  held(): void {
    this.trace.push('held')
  }

  notify(method: string): void {
    this.trace.push(method)
  }

  close({ code }: { readonly code: number }): void {
    this.trace.push(`close ${code}`)
  }

  refuse(refusal: StandingRefusal): void {
    this.close(closeFor(refusal))
  }

  fail(): void {
    this.trace.push('failed')
  }

  get seqs(): readonly (number | undefined)[] {
    return this.seen.map(({ seq }) => seq)
  }
}

export interface Connection {
  readonly session: Session
  readonly sink: FakeSink
  readonly feed: (uuid?: string) => Feed
}

/** Lets everything that waits for nothing run. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}

let sessions = 0
let messages = 0
let invitations = 10_000

/** Conversations whose events are committed at once, and who hears of them. */
export class World {
  readonly log: MemoryLog
  readonly bus: Bus
  readonly delivery: Delivery
  readonly #queues = new Map<string, ConversationQueue>()
  now = 0

  constructor(log = new MemoryLog(), bus: Bus = createInProcessBus(), missed?: DeliveryOptions['missed']) {
    this.log = log
    this.bus = bus
    this.delivery = new Delivery({ log, bus, examine: async () => {}, ...(missed && { missed }) })
  }

  /** With one conversation. */
  static async begun(): Promise<World> {
    const world = new World()
    await world.begin()
    return world
  }

  /** A conversation with alice as its one member; `started` is published. */
  async begin(uuid: ConversationId = CONVERSATION): Promise<number> {
    const id = begun(this.log, 'alice', uuid)
    const event = begin({ type: 'start', at: NOW, by: actor('alice'), conversation: uuid, participants: [] })
    for (const committed of apply(id, emptyConversation(uuid), [event]).committed)
      publish({ bus: this.bus, meter: NO_HUB_METER }, committed, { origin: null, isMore: false })
    const queue = new ConversationQueue(uuid, this.log, (committed, by) =>
      publish({ bus: this.bus, meter: NO_HUB_METER }, committed, by),
    )
    await queue.open()
    this.#queues.set(uuid, queue)
    return id
  }

  /** Commits what commands come to, all at once. */
  run(commands: readonly Command[], origin: string | null = null, uuid: string = CONVERSATION): void {
    for (const command of commands) {
      const done = (outcome: object) => {
        if (!('answer' in outcome)) throw new Error(JSON.stringify(outcome))
      }
      this.#queueOf(uuid).submit({
        origin: origin === null ? null : { id: origin, refusal: null },
        decide: (state) => decide(state, command),
        done,
      })
    }
    this.log.commit()
  }

  say(by: Name, count = 1, from: Connection | null = null, uuid: string = CONVERSATION): void {
    const texts = Array.from({ length: count }, () => invitationId(++messages))
    const commands = texts.map((messageId) => send(by, { messageId, payload: `${messages}` }))
    this.run(commands, from?.session.options.id ?? null, uuid)
  }

  invite(by: Name, invitee: Name, uuid: string = CONVERSATION): InvitationId {
    const invitation = invitationId(++invitations)
    this.run([invite(by, invitee, { invitation })], null, uuid)
    return invitation
  }

  confirm(by: Name, invitee: Name, invitation: InvitationId, uuid: string = CONVERSATION): void {
    this.run([accept(invitee, { invitation })], null, uuid)
    const { state } = this.#queueOf(uuid)
    if (state) this.run([confirm(state, by, { invitation })], null, uuid)
  }

  join(by: Name, invitee: Name, uuid: string = CONVERSATION): void {
    this.confirm(by, invitee, this.invite(by, invitee, uuid), uuid)
  }

  create(name: Name, changes: Partial<SessionOptions> & { readonly deviceId?: number } = {}): Connection {
    const { deviceId = actor(name).userId * 10, ...rest } = changes
    const { userId, username } = actor(name)
    const sink = new FakeSink()
    const options: SessionOptions = {
      id: `session-${++sessions}`,
      userId,
      username,
      fingerprint: `fingerprint of ${name}`,
      notAfter: Number.MAX_SAFE_INTEGER,
      warnAt: Number.MAX_SAFE_INTEGER,
      device: { id: deviceId, userId, name: 'laptop' },
      windowEvents: 256,
      windowBytes: 1024 * 1024,
      autoAcknowledge: false,
      retryMs: null,
      clock: () => this.now,
      ...rest,
    }
    const session = new Session(options, sink, this.log)
    const feed = (uuid: string = CONVERSATION) => {
      const found = session.feeds.find(uuid)
      if (!found) throw new Error(`no feed of ${uuid}`)
      return found
    }
    return { session, sink, feed }
  }

  /** A connection that was opened, and was given what there was. */
  async connect(name: Name, changes: Parameters<World['create']>[1] = {}): Promise<Connection> {
    const connection = this.create(name, changes)
    await this.delivery.attach(connection.session)
    connection.session.pump()
    await settled()
    return connection
  }

  #queueOf(uuid: string): ConversationQueue {
    const queue = this.#queues.get(uuid)
    if (!queue) throw new Error(`${uuid} was not begun`)
    return queue
  }
}

/** `from` to `to`, as a sink writes events down. */
export function events(from: number, to: number): readonly string[] {
  return Array.from({ length: to - from + 1 }, (_, index) => `event ${from + index}`)
}

export function acknowledge({ session, feed }: Connection, seq: number): void {
  session.acknowledge(feed(), seq)
}
