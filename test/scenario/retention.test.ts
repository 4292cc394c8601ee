import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import t from 'tap'
import { acceptance, conversationOf } from '../support/handshake.js'
import { connect, type HubClient, refusal } from '../support/hub-client.js'
import { startServer } from '../support/server.js'
import { challenge, registerUsers } from '../support/user.js'

const DAY_MS = 24 * 3600 * 1000

const send = (client: HubClient, conversation: string, payload: string) =>
  client.call('send', { conversation, messageId: randomUUID(), payload })

/** What `history` has, of which type. */
async function typesOf(client: HubClient, conversation: string): Promise<readonly string[]> {
  const { events } = await client.call('history', { conversation, after: 0, limit: 500 })
  return events.map(({ seq, type }) => `${seq} ${type}`)
}

t.test('time passed while the server was down: old messages are a gap, an invitation has expired', async (t) => {
  const limits = { HERMES_RETENTION_DAYS: '7', HERMES_INVITATION_DAYS: '7', HERMES_CLOCK_GRACE_HOURS: '0' }
  const before = await startServer(t, limits)
  const { alice, bob, carol } = await registerUsers(before, 'alice', 'bob', 'carol')
  const a = { user: alice, client: await connect(t, before, alice) }
  const b = { user: bob, client: await connect(t, before, bob) }
  const c = await connect(t, before, carol, { acknowledge: false })
  const conversation = await conversationOf(before, a, b)
  for (const payload of ['5', '6']) await send(a.client, conversation, payload)
  await b.client.event(({ payload }) => payload === '6')
  await b.client.call('ack', { conversation, seq: 6 })
  await b.client.close()
  for (const payload of ['7', '8', '9']) await send(a.client, conversation, payload)
  const { username, fingerprint } = carol
  await a.client.call('invite', { conversation, username, fingerprint, challenge: challenge() })
  const invited = await c.event(({ type }) => type === 'invited')
  await before.close()

  const certs = { HERMES_CERTS_DIR: before.certsDir }
  const database = { HERMES_DATABASE_URL: `file:${join(before.directory, 'hermes.db')}` }
  const after = await startServer(t, { ...limits, ...certs, ...database }, () => new Date(Date.now() + 8 * DAY_MS))
  const alone = ['1 started', '2 invited', '3 accepted', '4 joined', '10 invited', '11 expired']
  const returned = await connect(t, after, alice)
  while ((await typesOf(returned, conversation)).length !== alone.length) await pause(50)
  t.same(await typesOf(returned, conversation), alone, 'messages alone are gone')

  const late = await connect(t, after, bob)
  await late.notification('synced')
  t.same(await late.notification('gap'), { conversation, from: 7, to: 9, reason: 'retention' })
  t.same(
    late.frames.map(({ method, params }) => `${method} ${params.seq ?? params.from ?? ''}`.trim()),
    ['hello', 'gap 7', 'event 10', 'event 11', 'synced'],
    'in its place',
  )
  const { seq } = await send(returned, conversation, 'new')
  t.match(await late.event(({ payload }) => payload === 'new'), { seq })

  const invitee = await connect(t, after, carol)
  t.match(await invitee.event(({ type }) => type === 'expired'), { invitation: invited.invitation })
  const tooLate = await refusal(invitee.call('accept', acceptance(after, carol, invited)))
  t.match(tooLate, { code: 410, data: { code: 'invitation_expired' } })
})

t.test('a device unseen for 90 days is forgotten: it is a new one, and its place is free', async (t) => {
  const environment = { HERMES_CERTIFICATE_DAYS: '400', HERMES_RETENTION_DAYS: '400', HERMES_DEVICES_MAX: '2' }
  const first = await startServer(t, environment)
  const { alice, bob } = await registerUsers(first, 'alice', 'bob')
  const a = { user: alice, client: await connect(t, first, alice, { device: 'one' }) }
  const conversation = await conversationOf(first, a, { user: bob, client: await connect(t, first, bob) })
  const two = await connect(t, first, alice, { device: 'two' })
  await two.event(({ seq }) => seq === 4)
  for (const client of [a.client, two]) await client.call('ack', { conversation, seq: 4 })
  await first.close()

  const folder = {
    HERMES_CERTS_DIR: first.certsDir,
    HERMES_DATABASE_URL: `file:${join(first.directory, 'hermes.db')}`,
  }
  // The server renews its own certificate in time, which is ahead of the clock of this client.
  const lenient = { tls: { ...alice.tls, rejectUnauthorized: false } }
  /** What devices are given that connect one after another, so many days later. */
  const givenTo = async (days: number, ...devices: string[]) => {
    const now = () => new Date(Date.now() + days * DAY_MS)
    const server = await startServer(t, { ...environment, ...folder }, now)
    const given: Record<string, readonly number[]> = {}
    for (const device of devices) {
      const client = await connect(t, server, lenient, { device })
      await client.notification('synced')
      given[device] = client.events.map(({ seq }) => seq)
      for (const seq of given[device]) await client.call('ack', { conversation, seq })
    }
    await server.close()
    return given
  }
  const all = [1, 2, 3, 4]
  t.same(await givenTo(89, 'one'), { one: [] }, 'after 89 days it is known')
  t.same(await givenTo(91, 'three', 'one'), { three: all, one: [] }, 'the second was not seen for 91 days')
  t.same(await givenTo(182, 'one', 'two'), { one: all, two: all }, 'what they had acknowledged is forgotten')
})
