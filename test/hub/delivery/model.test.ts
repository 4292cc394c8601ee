import fc from 'fast-check'
import t from 'tap'
import { EncodedEvent } from '../../../src/hub/delivery/encoded-event.js'
import { CONVERSATION, leave, type Name } from '../conversation/world.js'
import { type Connection, settled, World } from './world.js'

type Step =
  | { readonly do: 'say'; readonly who: number; readonly count: number; readonly byConnection: boolean }
  | { readonly do: 'ack'; readonly who: number; readonly back: number }
  | { readonly do: 'connect' | 'close' | 'fill' | 'drain' | 'hold' | 'release'; readonly who: number }
  | { readonly do: 'stay' | 'settle' | 'tick' }

const who = fc.nat(2)
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('say' as const),
      who,
      count: fc.integer({ min: 1, max: 5 }),
      byConnection: fc.boolean(),
    }),
  },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('ack' as const), who, back: fc.nat(3) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('connect' as const, 'fill', 'drain', 'drain'), who }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('close' as const, 'hold', 'release'), who }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('stay' as const, 'settle', 'tick', 'tick') }) },
)

interface Limits {
  readonly windowEvents: number
  readonly windowBytes: number
}

/** Some three events. */
const FEW_BYTES = 800
/** So much that a socket is behind. */
const BEHIND = 2 ** 21

/** alice with two devices, and bob, who comes and goes: windows that are full by events, by bytes, by either. */
const DEVICES: readonly (readonly [Name, number, Limits])[] = [
  ['alice', 10, { windowEvents: 4, windowBytes: 2 ** 20 }],
  ['alice', 11, { windowEvents: 256, windowBytes: FEW_BYTES }],
  ['bob', 20, { windowEvents: 3, windowBytes: FEW_BYTES }],
]

/** One device through its connections. */
class Device {
  readonly name: Name
  readonly #world: World
  readonly #deviceId: number
  readonly #limits: Limits
  connection: Connection | null = null
  /** Seqs of messages that the current connection sent. */
  own = new Set<number>()
  acked = 0
  /** Events given on the current connection when its socket was filled, or null. */
  #givenWhenFilled: number | null = null

  constructor(world: World, name: Name, deviceId: number, limits: Limits) {
    this.#world = world
    this.name = name
    this.#deviceId = deviceId
    this.#limits = limits
  }

  async connect(): Promise<void> {
    this.own = new Set()
    this.#givenWhenFilled = null
    const connection = this.#world.create(this.name, { deviceId: this.#deviceId, ...this.#limits })
    this.connection = connection
    await this.#world.delivery.attach(connection.session)
    connection.session.pump()
  }

  close(): void {
    if (this.connection) this.#world.delivery.detach(this.connection.session)
    this.connection = null
  }

  fill(backlog: number): void {
    if (!this.connection) return
    const { sink } = this.connection
    sink.backlog = backlog
    this.#givenWhenFilled = backlog === 0 ? null : sink.seen.length
  }

  ack(back: number): void {
    const seqs = this.connection?.sink.seqs.filter((seq) => seq !== undefined) ?? []
    const seq = seqs.at(-1 - back)
    if (!this.connection || seq === undefined) return
    this.acked = Math.max(this.acked, seq)
    // Of what he has left and acknowledged whole, the connection knows no more: the operation asks the store.
    const feed = this.connection.session.feeds.find(CONVERSATION)
    if (feed) this.connection.session.acknowledge(feed, seq)
  }

  /** In order, without hole or double, nothing but what it may see, its own messages left out. */
  check(visible: readonly number[], isDone: boolean): void {
    const { sink } = this.connection ?? {}
    if (!sink) return
    const seqs = sink.seqs.filter((seq) => seq !== undefined)
    const due = visible.filter((seq) => seq > this.ackedAtConnect && !this.own.has(seq))
    const wanted = isDone ? due : due.slice(0, seqs.length)
    same(seqs.join(), wanted.join(), `${this.name} ${this.#deviceId} was given`)
    if (isDone) same(sink.trace.filter((line) => line === 'synced').length, 1, 'synced once')
    this.#checkBounds()
  }

  /** Never beyond the window but by the one event that fills it, and nothing into a socket that is behind. */
  #checkBounds(): void {
    const seen = this.connection?.sink.seen ?? []
    const before = seen.slice(0, -1).filter(({ seq = 0 }) => seq > this.acked)
    const bytes = before.reduce((sum, event) => sum + new EncodedEvent(0, JSON.stringify(event)).bytes, 0)
    const isWithin = before.length < this.#limits.windowEvents && bytes < this.#limits.windowBytes
    same(isWithin, true, `${this.name} ${this.#deviceId} is within its window`)
    if (this.#givenWhenFilled !== null) same(seen.length, this.#givenWhenFilled, 'given to a socket that is behind')
  }

  ackedAtConnect = 0
}

class Run {
  readonly #world = new World()
  readonly #devices = DEVICES.map(([name, id, limits]) => new Device(this.#world, name, id, limits))
  #release: (() => void)[] = []
  readonly #stays: { from: number; to: number }[] = []

  async begin(): Promise<void> {
    await this.#world.begin()
  }

  async take(step: Step): Promise<void> {
    switch (step.do) {
      case 'say':
        return this.#say(this.#at(step.who), step.count, step.byConnection)
      case 'ack':
        return this.#at(step.who).ack(step.back)
      case 'connect':
        return this.#connect(this.#at(step.who))
      case 'close':
        return this.#at(step.who).close()
      case 'fill':
        return this.#at(step.who).fill(BEHIND)
      case 'drain':
        this.#at(step.who).fill(0)
        return this.#at(step.who).connection?.session.pump()
      case 'hold':
        this.#world.log.gates.read = () => new Promise((resolve) => this.#release.push(resolve))
        return
      case 'release':
        return this.#open()
      case 'stay':
        return this.#toggleStay()
      case 'settle':
        return settled()
      case 'tick':
        return Promise.resolve()
    }
  }

  /** Everyone connects, drains and acknowledges until there is nothing more. */
  async finish(): Promise<void> {
    this.check(false)
    for (const device of this.#devices) {
      this.#open()
      device.fill(0)
      if (device.connection) device.connection.session.pump()
      else await this.#connect(device)
      for (let before = -1; before < (device.connection?.sink.seen.length ?? 0); ) {
        before = device.connection?.sink.seen.length ?? 0
        await settled()
        device.ack(0)
        await settled()
      }
    }
    this.check(true)
  }

  check(isDone: boolean): void {
    for (const device of this.#devices) device.check(this.#visibleTo(device.name), isDone)
  }

  #at(index: number): Device {
    const device = this.#devices[index]
    if (!device) throw new Error('there is no such device')
    return device
  }

  #connect(device: Device): Promise<void> {
    device.ackedAtConnect = device.acked
    return device.connect()
  }

  #open(): void {
    this.#world.log.gates.read = async () => {}
    for (const release of this.#release.splice(0)) release()
  }

  #say(device: Device, count: number, byConnection: boolean): void {
    if (device.name === 'bob' && !this.#bobIsMember) return
    const first = this.#lastSeq + 1
    const connection = byConnection ? device.connection : null
    this.#world.say(device.name, count, connection)
    if (connection) for (let seq = first; seq < first + count; seq += 1) device.own.add(seq)
  }

  #toggleStay(): void {
    const stay = this.#stays.at(-1)
    if (stay && this.#bobIsMember) {
      this.#world.run([leave('bob')])
      stay.to = this.#lastSeq
      return
    }
    this.#world.join('alice', 'bob')
    this.#stays.push({ from: this.#lastSeq, to: Number.POSITIVE_INFINITY })
  }

  get #bobIsMember(): boolean {
    return this.#stays.at(-1)?.to === Number.POSITIVE_INFINITY
  }

  get #lastSeq(): number {
    return this.#world.log.eventsOf(1).length
  }

  #visibleTo(name: Name): readonly number[] {
    const all = Array.from({ length: this.#lastSeq }, (_, index) => index + 1)
    return name === 'alice' ? all : all.filter((seq) => this.#stays.some(({ from, to }) => seq >= from && seq <= to))
  }
}

function same(found: unknown, wanted: unknown, what: string): void {
  if (found !== wanted) throw new Error(`${what}: found ${String(found)}, wanted ${String(wanted)}`)
}

t.test('each device gets each event it may see, in order, and again what it did not acknowledge', async (t) => {
  const check = async (steps: readonly Step[]) => {
    const run = new Run()
    await run.begin()
    for (const step of steps) {
      await run.take(step)
      run.check(false)
    }
    await run.finish()
  }
  const interleavings = fc.array(step, { minLength: 1, maxLength: 60, size: 'max' })
  await t.resolves(fc.assert(fc.asyncProperty(interleavings, check), { numRuns: 300 }))
})
