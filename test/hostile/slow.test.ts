import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { connect as connectTcp, type Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import t, { type Test } from 'tap'
import { conversationOf } from '../support/handshake.js'
import { request } from '../support/https.js'
import { connect } from '../support/hub-client.js'
import { startServer, type TestServer } from '../support/server.js'
import { registerUsers, type User } from '../support/user.js'

// They wait more than they work.
t.jobs = 8

const MANY = 100
/** On as many connections. */
const POLLS = Number(process.env.HOSTILE_POLLS ?? 100)

/** Whatever goes on, others are served. */
async function served(t: Test, server: TestServer, user: User): Promise<void> {
  t.equal((await user.call('GET', '/me')).status, 200, 'the hub serves others')
  const { status } = await fetchLive(server)
  t.equal(status, 200, 'the identity listener serves others')
}

async function fetchLive(server: TestServer): Promise<{ status: number }> {
  return request(`${server.identityUrl}/health/live`, { ca: server.rootPem })
}

async function openTls(url: string, user: User | null, server: TestServer): Promise<TLSSocket> {
  const { hostname, port } = new URL(url)
  const tls = user ? user.tls : { ca: server.rootPem }
  const socket = connectTls({ host: hostname, port: Number(port), servername: 'localhost', ...tls })
  socket.on('error', () => undefined)
  await once(socket, 'secureConnect')
  return socket
}

const ended = (socket: {
  destroyed: boolean
  once(event: 'close', listener: () => void): unknown
  resume(): unknown
}) =>
  new Promise<void>((resolve) => {
    socket.resume()
    if (socket.destroyed) resolve()
    else socket.once('close', resolve)
  })

t.test('headers that never end', { timeout: 60_000 }, async (t) => {
  const server = await startServer(t, { HERMES_CONNECTION_SECONDS: '2' })
  const { alice } = await registerUsers(server, 'alice')
  const sockets = await Promise.all(
    Array.from({ length: MANY }, async (_, index) => {
      const onHub = index % 2 === 0
      const socket = await openTls(onHub ? server.hubUrl : server.identityUrl, onHub ? alice : null, server)
      socket.write('GET /me HTTP/1.1\r\nHost: localhost\r\nX-Slow: ')
      return socket
    }),
  )
  const drip = setInterval(() => {
    for (const socket of sockets) if (socket.writable) socket.write('x')
  }, 200)
  await served(t, server, alice)
  await Promise.all(sockets.map(ended))
  clearInterval(drip)
  t.pass('every connection was ended')
  await served(t, server, alice)
})

t.test('bodies that never end', { timeout: 60_000 }, async (t) => {
  const server = await startServer(t, { HERMES_CONNECTION_SECONDS: '2' })
  const { alice } = await registerUsers(server, 'alice')
  const sockets = await Promise.all(
    Array.from({ length: MANY }, async (_, index) => {
      const onHub = index % 2 === 0
      const socket = await openTls(onHub ? server.hubUrl : server.identityUrl, onHub ? alice : null, server)
      const path = onHub ? '/conversations' : '/register'
      socket.write(
        `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{`,
      )
      return socket
    }),
  )
  await served(t, server, alice)
  await Promise.all(sockets.map(ended))
  t.pass('every connection was ended')
})

/** How far a handshake comes: not at all, to the first bytes of a ClientHello, to its end without a word after it. */
const BEGINNINGS: readonly ((socket: Socket) => void)[] = [
  () => undefined,
  (socket) => socket.write(Buffer.from('1603010200010001fc0303', 'hex')),
  (socket) => {
    const oneWay = new Duplex({ read: () => undefined, write: (bytes, _, done) => void socket.write(bytes, done) })
    connectTls({ socket: oneWay, servername: 'localhost' }).on('error', () => undefined)
  },
]

t.test('handshakes begun and left', { timeout: 60_000 }, async (t) => {
  const server = await startServer(t, { HERMES_CONNECTION_SECONDS: '2' })
  const { alice } = await registerUsers(server, 'alice')
  const ports = [server.identityUrl, server.hubUrl].map((url) => Number(new URL(url).port))
  const sockets = Array.from({ length: MANY }, (_, index) => {
    const socket = connectTcp(ports[index % 2] ?? 0, '127.0.0.1')
    socket.on('error', () => undefined)
    BEGINNINGS[Math.floor(index / 2) % BEGINNINGS.length]?.(socket)
    return socket
  })
  await Promise.all(sockets.map((socket) => once(socket, 'connect')))
  await served(t, server, alice)
  await Promise.all(sockets.map(ended))
  t.pass('every connection was ended')
})

t.test('upgrades half done', { timeout: 60_000 }, async (t) => {
  const server = await startServer(t, { HERMES_CONNECTION_SECONDS: '2', HERMES_HEARTBEAT_SECONDS: '1' })
  const { alice } = await registerUsers(server, 'alice')
  const upgrade = [
    'GET /hub HTTP/1.1',
    'Host: localhost',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
  ]
  const sockets = await Promise.all(
    Array.from({ length: MANY }, async (_, index) => {
      const socket = await openTls(server.hubUrl, alice, server)
      // Half of them stop before the end of the request, half never read what they are sent, nor answer pings.
      const key = `Sec-WebSocket-Key: ${Buffer.alloc(16, index).toString('base64')}`
      socket.write([...upgrade, ...(index % 2 === 0 ? [key, '', ''] : [])].join('\r\n'))
      return socket
    }),
  )
  await served(t, server, alice)
  await Promise.all(sockets.map(ended))
  t.pass('every connection was ended')
})

t.test('acknowledgements that never come', { timeout: 60_000 }, async (t) => {
  const server = await startServer(t, { HERMES_SLOW_SECONDS: '1', HERMES_WINDOW_EVENTS: '4' })
  const { alice, bob, carol } = await registerUsers(server, 'alice', 'bob', 'carol')
  const a = { user: alice, client: await connect(t, server, alice) }
  const b = { user: bob, client: await connect(t, server, bob) }
  const c = { user: carol, client: await connect(t, server, carol) }
  const conversation = await conversationOf(server, a, b, c)
  await b.client.close()
  const stalled = await connect(t, server, bob, { acknowledge: false })
  for (let index = 0; index < 20; index += 1)
    await a.client.call('send', { conversation, messageId: randomUUID(), payload: `${index}` })
  t.match(await stalled.whenClosed(), { code: 4430 })
  await c.client.event((event) => event.payload === '19')
  const again = await connect(t, server, bob)
  await again.event((event) => event.payload === '19')
  t.same(
    again.events.filter(({ type }) => type === 'message').map(({ payload }) => payload),
    Array.from({ length: 20 }, (_, index) => `${index}`),
  )
})

t.test('long polls piled up', { timeout: 60_000 }, async (t) => {
  const server = await startServer(t)
  const { alice } = await registerUsers(server, 'alice')
  // One of each device waits; the others are answered for it at once.
  const polls = Array.from({ length: POLLS }, (_, n) => alice.call('GET', `/events?wait=3&device=device-${n % 16}`))
  const answers = await Promise.all(polls)
  t.ok(
    answers.every(({ status }) => status === 200),
    'each was answered',
  )
  t.ok(answers.every((answer) => answer.json<{ events: unknown[] }>().events.length === 0))
  await served(t, server, alice)
})
