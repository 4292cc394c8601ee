import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { conversationOf } from '../support/handshake.js'
import { request } from '../support/https.js'
import { connect, type HubClient, RpcFailure } from '../support/hub-client.js'
import { asTestServer, serve, temporaryFolder } from '../support/serve-process.js'
import type { TestServer } from '../support/server.js'
import { registerUsers, type User } from '../support/user.js'

const READERS = 8
const IN_FLIGHT = 8
/** Answered before the server is told to stop, and again after it has come back. */
const MESSAGES = 200
const BACKOFF_MS = 100
const BACKOFF_MAX_MS = 1000

/** A device that comes back whenever it is cut off. */
class Device {
  readonly #dial: () => Promise<HubClient>
  readonly closes: number[] = []
  /** seq → messageId, of all connections. */
  readonly seen = new Map<number, string>()
  #connecting: Promise<HubClient> | null = null
  client: HubClient | null = null
  isLeaving = false

  constructor(dial: () => Promise<HubClient>) {
    this.#dial = dial
  }

  /** The connection, once there is one. */
  async connected(): Promise<HubClient> {
    if (this.client && !this.client.closed) return this.client
    this.#connecting ??= this.#connect().finally(() => {
      this.#connecting = null
    })
    return this.#connecting
  }

  /** Until it leaves. */
  async stay(): Promise<void> {
    while (!this.isLeaving) {
      const client = await this.connected()
      while (!client.closed) await pause(10)
      for (const { seq, messageId = '' } of client.events) this.#note(seq, messageId)
      if (!this.isLeaving) this.closes.push(client.closed.code)
    }
  }

  async leave(): Promise<void> {
    this.isLeaving = true
    await this.client?.close()
  }

  async #connect(): Promise<HubClient> {
    for (let wait = BACKOFF_MS; ; wait = Math.min(wait * 2, BACKOFF_MAX_MS))
      try {
        this.client = await this.#dial()
        return this.client
      } catch {
        await pause(wait * (0.5 + Math.random()))
      }
  }

  #note(seq: number, messageId: string): void {
    const known = this.seen.get(seq)
    if (known !== undefined && known !== messageId) throw new Error(`${seq} is ${known} and ${messageId}`)
    this.seen.set(seq, messageId)
  }
}

/** Sends without a pause, and again, under the same id, what was not answered. */
class Load {
  readonly #device: Device
  readonly #conversation: string
  readonly answered = new Map<string, number>()
  #isRunning = true
  again = 0

  constructor(device: Device, conversation: string) {
    this.#device = device
    this.#conversation = conversation
  }

  run(): Promise<unknown> {
    const lane = async () => {
      while (this.#isRunning) await this.#send(randomUUID())
    }
    return Promise.all(Array.from({ length: IN_FLIGHT }, lane))
  }

  async until(count: number): Promise<void> {
    while (this.answered.size < count) await pause(10)
  }

  stop(): void {
    this.#isRunning = false
  }

  async #send(messageId: string): Promise<void> {
    for (;;) {
      const client = await this.#device.connected()
      const params = { conversation: this.#conversation, messageId, payload: messageId }
      const result = await client.call('send', params).catch((error: unknown) => {
        if (error instanceof RpcFailure) throw error
        return null
      })
      if (result) return void this.answered.set(messageId, result.seq)
      this.again += 1
    }
  }
}

async function logOf(client: HubClient, conversation: string): Promise<ReadonlyMap<number, string>> {
  const log = new Map<number, string>()
  for (let more = true; more; ) {
    const page = await client.call('history', { conversation, after: log.size, limit: 500 })
    for (const { seq, messageId = '' } of page.events) log.set(seq, messageId)
    more = page.more
  }
  return log
}

function deviceOf(t: Test, server: TestServer, user: User, device: string): Device {
  return new Device(() => connect(t, server, user, { device }))
}

t.setTimeout(180_000)

t.test('a restart under load: told, closed one after another with 1012, and nothing is missed', async (t) => {
  const directory = await temporaryFolder(t)
  const environment: Record<string, string> = { HERMES_REQUESTS_PER_SECOND: '0', HERMES_DRAIN_SECONDS: '4' }
  const first = await serve(t, { directory, environment })
  environment.HERMES_IDENTITY_PORT = new URL(first.identityUrl).port
  environment.HERMES_HUB_PORT = new URL(first.hubUrl).port
  const server = await asTestServer(first, directory)
  const { alice, bob } = await registerUsers(server, 'alice', 'bob')
  const parties = [alice, bob].map(async (user) => ({ user, client: await connect(t, server, user) }))
  const [a, b] = await Promise.all(parties)
  if (!a || !b) throw new Error('two are needed')
  const conversation = await conversationOf(server, a, b)
  await Promise.all([a.client.close(), b.client.close()])

  const sender = deviceOf(t, server, alice, 'sender')
  const readers = Array.from({ length: READERS }, (_, index) => deviceOf(t, server, bob, `reader-${index}`))
  const devices = [...readers, sender]
  // The sender is the last to connect, and so the last to be closed.
  for (const device of devices) await device.connected()
  const staying = Promise.all(devices.map((device) => device.stay()))
  const load = new Load(sender, conversation)
  const sending = load.run()
  await load.until(MESSAGES)

  first.child.kill('SIGTERM')
  await sender.client?.notification('draining')
  const ready = await request(`${server.identityUrl}/health/ready`, { ca: server.rootPem })
  t.match(ready.json(), { status: 503, code: 'draining' })
  while (!readers.some(({ closes }) => closes.length > 0)) await pause(10)
  const open = devices.filter(({ closes }) => closes.length === 0).length
  t.ok(open > 1, `${open} are served when the first are closed`)
  await load.until(load.answered.size + 1)
  t.match(await first.ended, { code: 0, stderr: '' })

  const second = await serve(t, { directory, environment })
  await load.until(load.answered.size + MESSAGES)
  load.stop()
  await sending
  const log = await logOf(await sender.connected(), conversation)
  for (const reader of readers) await (await reader.connected()).event(({ seq }) => seq === log.size)
  await Promise.all(devices.map((device) => device.leave()))
  await staying

  t.same(
    devices.map(({ closes }) => closes),
    Array(devices.length).fill([1012]),
    'each was closed once, with 1012',
  )
  const ids = [...log.values()].filter((id) => id !== '')
  t.equal(new Set(ids).size, ids.length, 'nothing is there twice')
  t.equal(ids.length, load.answered.size, 'nothing is there that was not answered in the end')
  for (const [messageId, seq] of load.answered) if (log.get(seq) !== messageId) t.fail(`${messageId} is lost`)
  const messages = [...log].filter(([, id]) => id !== '')
  for (const { seen } of readers)
    t.same(
      messages.filter(([seq, id]) => seen.get(seq) !== id),
      [],
      'each reader got every message',
    )
  t.comment(`${ids.length} messages, ${load.again} sent again`)
  second.child.kill('SIGTERM')
  t.match(await second.ended, { code: 0, stderr: '' })
})
