import { randomUUID } from 'node:crypto'
import { request as httpsRequest } from 'node:https'
import { setTimeout } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { conversationOf } from '../support/handshake.js'
import { connect, type Fields, HubClient, hubSocket, refusedUpgrade } from '../support/hub-client.js'
import { startServer } from '../support/server.js'
import { registerUsers, type User } from '../support/user.js'

/** The server ends a connection that leaves its close unanswered for so long, and some. */
const LATE_CLOSE_MS = 2500

const server = await startServer(t)
const { alice, bob, carol, dave } = await registerUsers(server, 'alice', 'bob', 'carol', 'dave')

/** A conversation of alice with `user`, and who sends in it. */
async function conversationWith(t: Test, user: User, device: string) {
  const a = { user: alice, client: await connect(t, server, alice, { device }) }
  const b = { user, client: await connect(t, server, user, { device }) }
  const conversation = await conversationOf(server, a, b)
  const send = (payload: string, { client } = a) =>
    client.call('send', { conversation, messageId: randomUUID(), payload })
  return { conversation, a: a.client, b: b.client, send }
}

const payloads = ({ events }: HubClient) => events.flatMap(({ payload }) => payload ?? [])
const isLast = ({ payload }: Fields) => payload === 'last'

t.test(
  '16 devices at once each get everything in order, and the sender’s own others too; a 17th is refused',
  async (t) => {
    const { conversation, b, send } = await conversationWith(t, bob, 'device-0')
    const names = Array.from({ length: 15 }, (_, n) => `device-${n + 1}`)
    const numbers = Array.from({ length: 40 }, (_, n) => String(n))
    const sending = Promise.all(numbers.map((n) => send(n)))
    const others = await Promise.all(names.map((device) => connect(t, server, bob, { device })))
    await sending
    const own = await b.call('send', { conversation, messageId: randomUUID(), payload: 'own' })
    await send('last')
    await Promise.all([b, ...others].map((client) => client.event(isLast)))
    t.same(payloads(b), [...numbers, 'last'], 'its own message is not given to who sent it')
    for (const client of others) t.same(payloads(client), [...numbers, 'own', 'last'])
    t.match(await others[0]?.event((event) => event.payload === 'own'), { seq: own.seq, from: { device: 'device-0' } })

    const refused = await refusedUpgrade(server, bob, { device: 'device-16' })
    t.match(refused.json(), {
      status: 429,
      code: 'quota_exceeded',
      quota: 'devices',
      limit: 16,
      detail: /HERMES_DEVICES_MAX/,
    })
    t.match((await bob.call('GET', '/events?device=device-16')).json(), { status: 429, quota: 'devices' })
    await connect(t, server, bob, { device: 'device-15' })
    t.match(await others.at(-1)?.whenClosed(), { code: 4505 }, 'one that is there may always connect')
    t.same(
      others.slice(0, -1).map(({ closed }) => closed),
      others.slice(0, -1).map(() => null),
      'and no other is disturbed',
    )
    const rest = await bob.call('POST', `/conversations/${conversation}/messages?device=device-1`, {
      messageId: randomUUID(),
      payload: 'by REST',
    })
    t.equal(rest.status, 200)
    t.match(await b.event((event) => event.payload === 'by REST'), { from: { device: 'device-1' } })
  },
)

t.test('of ten connections of one device at once one stays, and is the one that is served', async (t) => {
  const { send } = await conversationWith(t, carol, 'others')
  const present = await connect(t, server, carol, { device: 'storm', acknowledge: false })
  const clients = Array.from({ length: 10 }, () => new HubClient(hubSocket(server, carol, { device: 'storm' }), false))
  t.teardown(() => {
    for (const { socket } of clients) socket.terminate()
  })
  t.match(await present.whenClosed(), { code: 4505 })
  const open = () => clients.filter(({ closed }) => !closed)
  await Promise.all(clients.map((client) => client.notification('hello').catch(() => undefined)))
  while (open().length > 1) await Promise.race(open().map((client) => client.whenClosed()))
  const [survivor] = open()
  if (!survivor) throw new Error('none of the ten is open')
  const replaced = clients.filter((client) => client !== survivor)
  t.same([...new Set(replaced.map(({ closed }) => closed?.code))], [4505])
  await send('last')
  await survivor.event(isLast)
  t.match(await survivor.call('whoami'), { device: 'storm' })
})

t.test('the late close of a connection that was replaced disturbs nothing', async (t) => {
  const { conversation, send } = await conversationWith(t, dave, 'others')
  const older = await connect(t, server, dave, { device: 'phone', acknowledge: false })
  older.socket.pause()
  const newest = await connect(t, server, dave, { device: 'phone', acknowledge: false })
  const { seq } = await send('before the close')
  await newest.event((event) => event.payload === 'before the close')
  await setTimeout(LATE_CLOSE_MS)
  older.socket.resume()
  t.match(await older.whenClosed(), { code: 4505 })
  t.same(await newest.call('ack', { conversation, seq }), {})
  await send('after it')
  t.match(await newest.event((event) => event.payload === 'after it'), { seq: seq + 1 })
  t.equal(older.events.filter(({ payload }) => payload !== undefined).length, 0)
})

t.test('a WebSocket replaces a poll, whose client goes away late; and a poll a WebSocket', async (t) => {
  const { send } = await conversationWith(t, dave, 'others')
  const quiet = await connect(t, server, dave, { device: 'tablet' })
  await quiet.notification('synced')
  await quiet.call('whoami')
  await quiet.close()

  const polling = httpsRequest(`${server.hubUrl}/events?device=tablet&wait=55`, { agent: false, ...dave.tls })
  polling.on('error', () => undefined)
  polling.end()
  for (let n = 0; n < 5; n += 1) await alice.call('GET', '/conversations')
  const socket = await connect(t, server, dave, { device: 'tablet' })
  polling.destroy()
  await send('to the socket')
  await socket.event((event) => event.payload === 'to the socket')
  await socket.call('whoami')

  socket.socket.pause()
  const poll = dave.call('GET', '/events?device=tablet&wait=55')
  await setTimeout(LATE_CLOSE_MS)
  socket.socket.resume()
  t.match(await socket.whenClosed(), { code: 4505 })
  await send('to the poll')
  t.match((await poll).json(), { events: [{ payload: 'to the poll' }], more: false })
})
