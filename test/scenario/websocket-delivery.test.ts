import { randomUUID } from 'node:crypto'
import t from 'tap'
import { conversationOf } from '../support/handshake.js'
import { connect, type Fields, type HubClient, refusal } from '../support/hub-client.js'
import { startServer } from '../support/server.js'
import { challenge, registerUsers } from '../support/user.js'

const server = await startServer(t, { HERMES_DEVICES_MAX: '64' })
const users = await registerUsers(server, 'alice', 'bob', 'ivy', 'jim', 'kim', 'leo', 'mia')
const { alice, bob } = users

function message(conversation: string, payload: string) {
  return { conversation, messageId: randomUUID(), payload }
}

/** A new conversation of both, each with a device of this name that has acknowledged everything. */
async function pair(t: Parameters<typeof connect>[0], device: string) {
  const a = { user: alice, client: await connect(t, server, alice, { device }) }
  const b = { user: bob, client: await connect(t, server, bob, { device }) }
  return { a: a.client, b: b.client, conversation: await conversationOf(server, a, b) }
}

function of(conversation: string, { events }: Pick<HubClient, 'events'>): Fields[] {
  return events.filter((event) => event.conversation === conversation)
}

const seqs = (events: readonly Fields[]) => events.map(({ seq }) => seq)

t.test('the same device connected again: the newest wins, the older closes 4505', async (t) => {
  const first = await connect(t, server, alice, { device: 'laptop' })
  const other = await connect(t, server, alice, { device: 'phone' })
  const second = await connect(t, server, alice, { device: 'laptop' })
  t.match(await first.whenClosed(), { code: 4505 })
  t.match(await second.call('whoami'), { device: 'laptop' })
  t.match(await other.call('whoami'), { device: 'phone' })
})

t.test("a message reaches the sender's other device, not its connection; a replay has it", async (t) => {
  const { a, b, conversation } = await pair(t, 'own')
  const phone = await connect(t, server, alice, { device: 'phone' })
  const { seq } = await a.call('send', message(conversation, 'mine'))
  t.match(await phone.event((e) => e.payload === 'mine'), { seq, from: { username: 'alice', device: 'own' } })
  t.match(await b.event((e) => e.payload === 'mine'), { seq })
  await a.call('whoami')
  t.notOk(
    a.events.some(({ payload }) => payload === 'mine'),
    'the sender has the answer',
  )
  await a.close()

  const again = await connect(t, server, alice, { device: 'own' })
  t.match(await again.event((e) => e.payload === 'mine'), { seq, messageId: String })
})

t.test('without an ack everything comes again, in order; with it, nothing', async (t) => {
  const { a, b, conversation } = await pair(t, 'replay')
  await b.close()
  const sent: number[] = []
  for (const payload of ['1', '2', '3', '4', '5']) sent.push((await a.call('send', message(conversation, payload))).seq)
  const options = { device: 'replay', acknowledge: false }
  for (const round of ['first', 'second']) {
    const client = await connect(t, server, bob, options)
    await client.notification('synced')
    t.same(seqs(of(conversation, client)), sent, round)
    await client.close()
  }
  const half = await connect(t, server, bob, options)
  await half.notification('synced')
  t.same(await half.call('ack', { conversation, seq: sent[2] }), {})
  await half.call('ack', { conversation, seq: sent[0] })
  const beyond = await refusal(half.call('ack', { conversation, seq: Number(sent[4]) + 1 }))
  t.match(beyond, { code: -32602, data: { code: 'invalid_request' } })
  await half.close()
  const rest = await connect(t, server, bob, options)
  await rest.notification('synced')
  t.same(seqs(of(conversation, rest)), sent.slice(3), 'a lower ack does nothing')
})

t.test('?ack=auto: what was written counts as acknowledged', async (t) => {
  const { a, b, conversation } = await pair(t, 'auto')
  await b.close()
  await a.call('send', message(conversation, 'one'))
  const options = { device: 'auto', query: 'ack=auto', acknowledge: false }
  const client = await connect(t, server, bob, options)
  await client.event((e) => e.payload === 'one')
  await a.call('send', message(conversation, 'two'))
  await client.event((e) => e.payload === 'two')
  await client.close()
  const again = await connect(t, server, bob, options)
  await again.notification('synced')
  t.same(of(conversation, again), [])
})

t.test('256 events unacknowledged, then nothing more until acks come', async (t) => {
  const { a, b, conversation } = await pair(t, 'window')
  await b.close()
  const client = await connect(t, server, bob, { device: 'window', acknowledge: false })
  await client.notification('synced')
  const total = 600
  const numbers = Array.from({ length: total }, (_, n) => n)
  const sent = await Promise.all(numbers.map((n) => a.call('send', message(conversation, String(n)))))
  t.same(seqs(of(conversation, { events: await client.eventsUpTo(256) })), seqs(sent).slice(0, 256))
  const own = await client.call('send', message(conversation, 'a reply never waits'))
  t.equal(own.seq, Number(sent.at(-1)?.seq) + 1)
  t.equal(client.events.length, 256)

  await client.call('ack', { conversation, seq: client.events[9]?.seq })
  t.equal((await client.eventsUpTo(266)).length, 266, 'ten acknowledged, ten more')
  await client.call('ack', { conversation, seq: client.events[265]?.seq })
  t.equal((await client.eventsUpTo(522)).length, 522)
  await client.call('ack', { conversation, seq: client.events[521]?.seq })
  const all = await client.eventsUpTo(total)
  t.same(seqs(all), seqs(sent), 'in order, without a hole, and without what this connection sent')
  await client.call('ack', { conversation, seq: own.seq })
})

t.test('a window of bytes: 1 MiB unacknowledged', async (t) => {
  const { a, b, conversation } = await pair(t, 'bytes')
  await b.close()
  const client = await connect(t, server, bob, { device: 'bytes', acknowledge: false })
  await client.notification('synced')
  const payload = 'x'.repeat(65_536)
  for (let n = 0; n < 24; n += 1) await a.call('send', message(conversation, payload))
  await client.eventsUpTo(15)
  await client.call('whoami')
  t.ok(client.events.length <= 17, `${client.events.length} events of 64 KiB`)
  await client.call('ack', { conversation, seq: client.events.at(-1)?.seq })
  t.equal((await client.eventsUpTo(24)).length, 24)
})

t.test('16 invitations at a time', async (t) => {
  const inviters = await Promise.all(
    [users.ivy, users.jim, users.kim, users.leo].map((user) => connect(t, server, user)),
  )
  const made = new Set<string>()
  const { username, fingerprint, certificate } = users.mia
  for (const inviter of inviters)
    for (let n = 0; n < 5; n += 1) {
      const { conversation } = await inviter.call('start', { participants: [{ certificate }] })
      const { invitation } = await inviter.call('invite', {
        conversation,
        username,
        fingerprint,
        challenge: challenge(),
      })
      made.add(invitation)
    }
  const client = await connect(t, server, users.mia, { acknowledge: false })
  t.equal((await client.eventsUpTo(16)).length, 16)
  t.ok(client.events.every((event) => event.type === 'invited' && !('seq' in event)))
  await client.call('ack', { invitation: client.events[0]?.invitation })
  t.equal((await client.eventsUpTo(17)).length, 17)
  for (const { invitation } of client.events.slice(1, 4)) await client.call('ack', { invitation })
  t.same(new Set((await client.eventsUpTo(20)).map(({ invitation }) => invitation)), made)
  await client.notification('synced')
})
