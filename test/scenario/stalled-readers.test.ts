import { randomUUID } from 'node:crypto'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t, { type Test } from 'tap'
import type { WebSocket } from 'ws'
import { conversationOf } from '../support/handshake.js'
import { connect, type Frame, type HubClient, hubSocket } from '../support/hub-client.js'
import { startServer, type TestServer } from '../support/server.js'
import { registerUsers, type User } from '../support/user.js'

const READERS = 20
const EVENTS = 5000
/** More than the kernel takes for a socket, in all. */
const PAYLOAD = 'x'.repeat(4096)
const IN_FLIGHT = 64
/** Far less than one copy of the events, which are 20 MiB. */
const GROWTH_MAX = 8 * 1024 * 1024
const ACKNOWLEDGE_EVERY = 16

/** Bytes of JavaScript memory of client and server after a collection, buffers included. */
function memory(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  for (let round = 0; round < 3; round += 1) collect()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

/** A device that reads, or does not. */
class Reader {
  readonly socket: WebSocket
  readonly #conversation: string
  readonly #acknowledges: boolean
  last = 0
  #check: () => void = () => {}
  failure: string | null = null

  constructor(socket: WebSocket, conversation: string, acknowledges: boolean) {
    this.socket = socket
    this.#conversation = conversation
    this.#acknowledges = acknowledges
    socket.on('message', (data) => this.#receive(JSON.parse((data as Buffer).toString()) as Frame))
    socket.on('close', (code) => this.#fail(`closed with ${code}`))
    socket.on('error', (error) => this.#fail(error.message))
  }

  async reads(seq: number): Promise<void> {
    this.socket.resume()
    await new Promise<void>((resolve, reject) => {
      this.#check = () => {
        if (this.failure) reject(new Error(this.failure))
        else if (this.last >= seq) resolve()
      }
      this.#check()
    })
    this.#acknowledge()
  }

  #receive({ method, params }: Frame): void {
    if (method === 'gap') this.#fail('a gap')
    if (method !== 'event') return
    if (params.seq !== this.last + 1 && this.last > 0) this.#fail(`${params.seq} came after ${this.last}`)
    this.last = params.seq
    if (this.last % ACKNOWLEDGE_EVERY === 0) this.#acknowledge()
    this.#check()
  }

  #acknowledge(): void {
    const params = { conversation: this.#conversation, seq: this.last }
    if (this.#acknowledges) this.socket.send(JSON.stringify({ jsonrpc: '2.0', method: 'ack', params }))
  }

  #fail(reason: string): void {
    this.failure ??= reason
    this.#check()
  }
}

/** Every other device acknowledges nothing, the others are acknowledged as they are written to. */
async function openReaders(t: Test, server: TestServer, user: User, conversation: string): Promise<readonly Reader[]> {
  const readers = Array.from({ length: READERS }, (_, index) => {
    const acknowledges = index % 2 === 0
    const query = acknowledges ? '' : 'ack=auto'
    const socket = hubSocket(server, user, { device: `d${index}`, ...(query && { query }) })
    t.teardown(() => socket.terminate())
    return new Reader(socket, conversation, acknowledges)
  })
  return readers
}

async function say(client: HubClient, conversation: string, count: number): Promise<number> {
  let last = 0
  let left = count
  const lane = async () => {
    for (; left > 0; ) {
      left -= 1
      const { seq } = await client.call('send', { conversation, messageId: randomUUID(), payload: PAYLOAD })
      last = Math.max(last, seq)
    }
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane))
  return last
}

t.setTimeout(240_000)

t.test(`${READERS} stalled readers and ${EVENTS} events cost no memory; each catches up`, async (t) => {
  const server = await startServer(t, {
    HERMES_DEVICES_MAX: '64',
    HERMES_SLOW_SECONDS: '3600',
    HERMES_HEARTBEAT_SECONDS: '3600',
  })
  const { alice, bob } = await registerUsers(server, 'alice', 'bob')
  const a = { user: alice, client: await connect(t, server, alice) }
  const b = { user: bob, client: await connect(t, server, bob) }
  const conversation = await conversationOf(server, a, b)
  await b.client.close()
  const readers = await openReaders(t, server, bob, conversation)
  const warm = await say(a.client, conversation, 200)
  await Promise.all(readers.map((reader) => reader.reads(warm)))

  for (const { socket } of readers) socket.pause()
  const before = memory()
  const last = await say(a.client, conversation, EVENTS)
  const growth = memory() - before
  t.comment(`${Math.round(growth / 1024)} KiB more`)
  t.ok(growth < GROWTH_MAX, `${growth} bytes more`)
  t.ok(
    readers.every((reader) => reader.last < last),
    'all are behind',
  )

  await Promise.all(readers.map((reader) => reader.reads(last)))
  const live = await say(a.client, conversation, 1)
  await Promise.all(readers.map((reader) => reader.reads(live)))
  t.same(
    readers.map(({ failure }) => failure),
    Array(READERS).fill(null),
    'in order, without hole or double, and live again',
  )
})
