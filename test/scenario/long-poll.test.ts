import { randomUUID } from 'node:crypto'
import t from 'tap'
import { conversationOf } from '../support/handshake.js'
import { connect, type Fields } from '../support/hub-client.js'
import { startServer } from '../support/server.js'
import { registerUsers, type User } from '../support/user.js'

const server = await startServer(t)
const { alice, bob } = await registerUsers(server, 'alice', 'bob')
const NOTHING = { events: [], gaps: [], more: false }

interface Polled {
  readonly events: readonly Fields[]
  readonly gaps: readonly object[]
  readonly more: boolean
}

async function poll(user: User, query: string): Promise<Polled> {
  const answer = await user.call('GET', `/events?${query}`)
  if (answer.status !== 200) throw new Error(answer.text)
  return answer.json<Polled>()
}

/** A conversation of both; bob's `device` has acknowledged all of it. */
async function arrange(t: Parameters<typeof connect>[0], device: string) {
  const a = { user: alice, client: await connect(t, server, alice, { device }) }
  const b = { user: bob, client: await connect(t, server, bob, { device }) }
  const conversation = await conversationOf(server, a, b)
  await b.client.call('whoami')
  await b.client.close()
  const send = (payload: string) => a.client.call('send', { conversation, messageId: randomUUID(), payload })
  return { conversation, send }
}

const payloads = ({ events }: Polled) => events.map(({ payload }) => payload)

t.test('events that are there are answered at once; limit and more page through them', async (t) => {
  const { conversation, send } = await arrange(t, 'paged')
  for (const payload of ['1', '2', '3', '4', '5']) await send(payload)
  const first = await poll(bob, 'device=paged&wait=55&limit=2')
  t.same(payloads(first), ['1', '2'])
  t.equal(first.more, true)
  t.same(payloads(await poll(bob, 'device=paged&limit=2')), ['1', '2'], 'not acknowledged, it comes again')
  const ack = (seq: number | undefined) => bob.call('POST', `/conversations/${conversation}/ack?device=paged`, { seq })
  t.equal((await ack(first.events[1]?.seq)).status, 200)
  const rest = await poll(bob, 'device=paged&limit=3')
  t.same(payloads(rest), ['3', '4', '5'])
  t.equal((await ack(Number(rest.events[2]?.seq) + 1)).status, 400)
  t.equal((await ack(rest.events[2]?.seq)).status, 200)
  t.same(await poll(bob, 'device=paged'), NOTHING)
})

t.test('wait: the answer comes with the event, and without one when time is up', async (t) => {
  const { send } = await arrange(t, 'waiting')
  const pending = poll(bob, 'device=waiting&wait=55')
  const other = await connect(t, server, bob, { device: 'beside' })
  await send('hello')
  t.same(payloads(await pending), ['hello'])
  t.match(await other.event((e) => e.payload === 'hello'), { type: 'message' }, 'another device is not disturbed')
  t.same(await poll(alice, 'device=fresh-and-idle&wait=0&limit=1').then(({ gaps }) => gaps), [])
  const idle = await registerUsers(server, 'idle')
  t.same(await poll(idle.idle, 'wait=1'), NOTHING)
})

t.test('a WebSocket of the device replaces a poll, which answers without events', async (t) => {
  const { conversation, send } = await arrange(t, 'replaced')
  const pending = poll(bob, 'device=replaced&wait=55')
  await arrived()
  const socket = await connect(t, server, bob, { device: 'replaced', acknowledge: false })
  t.same(await pending, NOTHING)
  const { seq } = await send('for the socket')
  t.match(await socket.event((e) => e.payload === 'for the socket'), { conversation, seq })
})

t.test('a poll replaces a WebSocket of the device, which closes 4505; and an older poll', async (t) => {
  const { send } = await arrange(t, 'taken')
  const socket = await connect(t, server, bob, { device: 'taken' })
  const first = poll(bob, 'device=taken&wait=55')
  t.match(await socket.whenClosed(), { code: 4505 })
  await arrived()
  const second = poll(bob, 'device=taken&wait=55')
  t.same(await first, NOTHING)
  await send('for the second')
  t.same(payloads(await second), ['for the second'])
})

/** Some round trips later what was asked before has arrived. */
async function arrived(): Promise<void> {
  for (let n = 0; n < 5; n += 1) await alice.call('GET', '/conversations')
}
