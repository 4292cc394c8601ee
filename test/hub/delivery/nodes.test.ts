import fc from 'fast-check'
import t from 'tap'
import { CatchUp } from '../../../src/hub/catch-up.js'
import type { Command } from '../../../src/hub/conversation/commands.js'
import { decide } from '../../../src/hub/conversation/decide.js'
import { repeat } from '../../../src/hub/conversation/decision.js'
import { Conversations } from '../../../src/hub/conversations.js'
import { NO_HUB_METER } from '../../../src/hub/meter.js'
import { publish } from '../../../src/hub/publish.js'
import type { Outcome } from '../../../src/hub/task.js'
import {
  accept,
  actor,
  CONVERSATION,
  confirm,
  end,
  invitationId,
  invite,
  leave,
  type Name,
  send,
} from '../conversation/world.js'
import { MemoryLog } from '../memory-log.js'
import { begun } from '../queue-fixture.js'
import { Network } from './network.js'
import { type Connection, settled, World } from './world.js'

let count = 50_000
const fresh = () => invitationId(++count)

/** One of several nodes on one log. */
class Node {
  readonly world: World
  readonly conversations: Conversations
  readonly catchUp: CatchUp
  readonly #log: MemoryLog

  constructor(log: MemoryLog, network: Network) {
    const bus = network.node()
    this.#log = log
    this.world = new World(log, bus, (conversationId) => this.catchUp.missed(conversationId))
    const { delivery } = this.world
    this.conversations = new Conversations(
      log,
      (committed, origin) => publish({ bus, meter: NO_HUB_METER }, committed, origin),
      (claim) => bus.claim(claim),
    )
    bus.subscribe({
      wake: (wake, isElsewhere) => isElsewhere && this.conversations.hear(wake),
      ...{ signal() {}, standing() {}, connection() {}, missed() {} },
      claim: (claim) => this.conversations.yieldTo(claim),
    })
    const clock = () => Number.MAX_SAFE_INTEGER
    const { conversations } = this
    this.catchUp = new CatchUp({
      log,
      bus,
      delivery,
      conversations,
      pollMs: 0,
      clock,
      meter: NO_HUB_METER,
      wentBack() {},
    })
  }

  /** Resolves to whether it was taken. */
  async run(command: (state: Parameters<typeof decide>[0]) => Command | null): Promise<boolean> {
    const queue = await this.conversations.open(CONVERSATION)
    let outcome: Outcome | null = null
    queue?.submit({
      origin: null,
      decide: (state) => {
        const made = command(state)
        return made ? decide(state, made) : repeat(null)
      },
      done: (given) => {
        outcome = given
      },
    })
    while (outcome === null) {
      this.#log.commit()
      await settled()
      // One that leaves the others their turn comes back by itself.
      if (outcome === null) await new Promise((resolve) => setTimeout(resolve, 1))
    }
    return outcome !== null && 'answer' in outcome
  }
}

type Step =
  | { readonly do: 'say' | 'join' | 'leave' | 'close'; readonly node: number; readonly who: number }
  | { readonly do: 'connect'; readonly node: number; readonly who: number; readonly device: number }
  | { readonly do: 'deliver' | 'lose'; readonly index: number }
  | { readonly do: 'poll'; readonly node: number }
  | { readonly do: 'wait' }

const node = fc.nat(1)
const who = fc.nat(2)
const arbitraryStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('say' as const), node, who }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constantFrom('join' as const, 'join', 'leave', 'close'), node, who }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('connect' as const), node, who, device: fc.nat(1) }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constantFrom('deliver' as const, 'deliver', 'lose'), index: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('poll' as const), node }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const) }) },
)

const WHO: readonly Name[] = ['alice', 'bob', 'carol']

class Cluster {
  readonly #network = new Network()
  readonly #log = new MemoryLog()
  readonly #nodes: readonly Node[]
  readonly #connections: { readonly name: Name; readonly node: Node; readonly connection: Connection }[] = []
  readonly #stays = new Map<Name, { from: number; to: number | null }[]>([['alice', [{ from: 1, to: null }]]])

  constructor() {
    begun(this.#log)
    this.#nodes = [new Node(this.#log, this.#network), new Node(this.#log, this.#network)]
  }

  get #lastSeq(): number {
    return this.#log.eventsOf(1).length
  }

  async step(step: Step): Promise<void> {
    if (step.do === 'wait') return settled()
    if ('index' in step) {
      const { waiting } = this.#network
      if (waiting > 0) this.#network.take(step.index % waiting, step.do === 'lose')
      return
    }
    const at = this.#nodes[step.node]
    if (!at) return
    if (!('who' in step)) return at.catchUp.round()
    const who = WHO[step.who] ?? 'alice'
    if (step.do === 'say') await at.run(({ members }) => (members.has(who) ? send(who, { messageId: fresh() }) : null))
    else if (step.do === 'join') await this.#join(at, who)
    else if (step.do === 'leave') await this.#leave(at, who)
    else if (step.do === 'connect') await this.#connect(at, who, step.device)
    else await this.#close(who)
  }

  async #join(at: Node, who: Name): Promise<void> {
    if (who === 'alice' || this.#isMember(who)) return
    const invitation = fresh()
    await at.run(() => invite('alice', who, { invitation }))
    await at.run(() => accept(who, { invitation }))
    await at.run((state) => confirm(state, 'alice', { invitation }))
    this.#stays.set(who, [...(this.#stays.get(who) ?? []), { from: this.#lastSeq, to: null }])
  }

  async #leave(at: Node, who: Name): Promise<void> {
    if (who === 'alice' || !this.#isMember(who)) return
    await at.run(() => leave(who))
    const stay = this.#stays.get(who)?.at(-1)
    if (stay) stay.to = this.#lastSeq
  }

  #isMember(who: Name): boolean {
    return this.#stays.get(who)?.at(-1)?.to === null
  }

  async #connect(at: Node, name: Name, device: number): Promise<void> {
    const connection = await at.world.connect(name, { deviceId: actor(name).userId * 10 + device })
    this.#connections.push({ name, node: at, connection })
  }

  async #close(who: Name): Promise<void> {
    const open = this.#connections.find(({ name, connection }) => name === who && !connection.session.isClosed)
    if (open) open.node.world.delivery.detach(open.connection.session)
  }

  /** What of the log a user may see. */
  #visible(name: Name): readonly number[] {
    const stays = this.#stays.get(name) ?? []
    const all = Array.from({ length: this.#lastSeq }, (_, index) => index + 1)
    return all.filter((seq) => stays.some(({ from, to }) => seq >= from && seq <= (to ?? seq)))
  }

  /** At any time: in order, without a hole, nothing that he may not see. */
  check(): void {
    for (const { name, connection } of this.#connections) this.#compare(name, connection, connection.sink.seqs.length)
  }

  #compare(name: Name, { sink }: Connection, seen: number): void {
    const seqs = sink.seqs.filter((seq) => seq !== undefined)
    const wanted = this.#visible(name).slice(0, seen - (sink.seqs.length - seqs.length))
    if (seqs.join() !== wanted.join())
      throw new Error(`${name} was given ${seqs.join()}, not ${wanted.join()}: ${sink.trace.join(', ')}`)
  }

  /** Whatever was lost: once all have looked, everybody has all. */
  async end(): Promise<void> {
    for (let turn = 0; turn < 2; turn += 1) {
      for (const { catchUp } of this.#nodes) {
        catchUp.missedAll()
        await catchUp.round()
      }
      await settled()
      this.#network.deliverAll()
      await settled()
    }
    for (const { name, connection } of this.#connections)
      if (!connection.session.isClosed) this.#compare(name, connection, Number.POSITIVE_INFINITY)
    const open = this.#connections.filter(({ connection }) => !connection.session.isClosed)
    const devices = open.map(({ connection }) => connection.session.options.device.id)
    if (new Set(devices).size !== devices.length) throw new Error(`a device has two connections: ${devices.join()}`)
    for (const { catchUp } of this.#nodes) catchUp.stop()
  }
}

t.test('whoever was not told of an invitation by another node is told before it ends here', async (t) => {
  const [log, network] = [new MemoryLog(), new Network()]
  begun(log)
  const [here, there] = [new Node(log, network), new Node(log, network)]
  const { sink } = await there.world.connect('bob')
  const invitation = fresh()
  await here.run(() => invite('alice', 'bob', { invitation }))
  while (network.waiting > 0) network.take(0, true)
  t.ok(await there.run(() => end('decline', 'bob', { invitation })))
  await settled()
  t.same(sink.trace, ['synced', 'invited', 'declined'])
  for (const { catchUp } of [here, there]) catchUp.stop()
})

t.test(
  'two nodes on one log: whatever the bus loses or delays, nobody sees what he may not, and all see all',
  async () => {
    const property = fc.asyncProperty(
      fc.array(arbitraryStep, { minLength: 10, maxLength: 60, size: 'max' }),
      async (steps) => {
        const cluster = new Cluster()
        for (const step of steps) {
          await cluster.step(step)
          cluster.check()
        }
        await cluster.end()
      },
    )
    await fc.assert(property, { numRuns: 150 })
  },
)
