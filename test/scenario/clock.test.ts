import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { connect as tlsConnect } from 'node:tls'
import t from 'tap'
import { acceptance, conversationOf, join, type Party } from '../support/handshake.js'
import { request } from '../support/https.js'
import { connect, type Fields, refusal } from '../support/hub-client.js'
import { openssl } from '../support/openssl.js'
import { startServer } from '../support/server.js'
import { challenge, registerUsers, type User } from '../support/user.js'

const HOUR = 3_600_000
const DAY = 24 * HOUR

/** A server with a clock that a test sets; it goes on by itself. */
async function serverWithClock(t: Parameters<typeof startServer>[0], environment: Record<string, string> = {}) {
  const clock = { offset: 0 }
  const now = () => new Date(Date.now() + clock.offset)
  return { clock, server: await startServer(t, environment, now) }
}

for (const [what, jump] of [
  ['forward', HOUR],
  ['back', -HOUR],
] as const) {
  t.test(`an hour ${what}: nobody is cut off, nothing ends, and seq is the order`, async (t) => {
    const { clock, server } = await serverWithClock(t, { HERMES_HEARTBEAT_SECONDS: '1' })
    const users = await registerUsers(server, 'alice', 'bob', 'carol', 'dave')
    const party = async (user: User): Promise<Party> => ({ user, client: await connect(t, server, user) })
    const [a, b, d] = [await party(users.alice), await party(users.bob), await party(users.dave)]
    const carol = await connect(t, server, users.carol, { device: 'made-before' })
    const conversation = await conversationOf(server, a, b)
    const send = (payload: string) => a.client.call('send', { conversation, messageId: randomUUID(), payload })
    const invite = async ({ username, fingerprint }: User) =>
      (await a.client.call('invite', { conversation, username, fingerprint, challenge: challenge() })).invitation
    const [toCarol, toDave] = [await invite(users.carol), await invite(users.dave)]
    await carol.event((event) => event.type === 'invited')
    const invited = await d.client.event((event) => event.type === 'invited')
    await carol.call('whoami')
    await carol.close()
    const before = await send('before')

    clock.offset = jump
    const after = await send('after')
    t.equal(after.seq, before.seq + 1)
    t.equal(
      Math.round((Date.parse(after.at) - Date.parse(before.at)) / HOUR),
      jump / HOUR,
      'at is the time of the clock',
    )
    t.match(await b.client.event((event) => event.payload === 'after'), { seq: after.seq })
    await new Promise((resolve) => setTimeout(resolve, 2500))
    t.same([a.client.closed, b.client.closed, d.client.closed], [null, null, null], 'heartbeats go on')
    t.same(await d.client.call('accept', acceptance(server, users.dave, invited)), {}, 'the invitation is still open')
    await a.client.call('cancel', { invitation: toDave })
    t.match(await d.client.event((event) => event.type === 'cancelled'), { invitation: toDave })

    await a.client.call('cancel', { invitation: toCarol })
    const back = await connect(t, server, users.carol, { device: 'made-before' })
    t.match(
      await back.event((event) => event.type === 'cancelled'),
      { invitation: toCarol },
      'a device learns of the end',
    )
    const { events } = await a.client.call('history', { conversation, after: 0, limit: 500 })
    t.same(
      events.map(({ seq }: Fields) => seq),
      events.map((_: Fields, index: number) => index + 1),
    )
    t.match(await join(server, conversation, a, d), { type: 'joined' }, 'and can be made anew')
  })
}

t.test('what is stapled is of the time that the clock tells, forward and back', async (t) => {
  const { clock, server } = await serverWithClock(t)
  const producedAt = async () => {
    const { port } = new URL(server.identityUrl)
    // The types of Node know requestOCSP of sockets alone.
    const options = { host: '127.0.0.1', port: Number(port), rejectUnauthorized: false, requestOCSP: true }
    const socket = tlsConnect(options)
    t.teardown(() => socket.destroy())
    const [der] = (await once(socket, 'OCSPResponse')) as [Buffer]
    const { output } = await openssl({ der }, 'ocsp', '-respin', '@der', '-noverify', '-text')
    return Date.parse(/Produced At: (.*)/.exec(output)?.[1] ?? '')
  }
  for (const offset of [0, 2 * HOUR, 0, -HOUR]) {
    clock.offset = offset
    const lag = Date.now() + offset - (await producedAt())
    t.ok(lag > -5000 && lag < 60_000, `${lag} ms at ${offset}`)
  }
})

t.test('a certificate ends when the clock says so, an hour earlier it is good, and so it is again', async (t) => {
  const { clock, server } = await serverWithClock(t, { HERMES_CERTIFICATE_DAYS: '1' })
  const { alice } = await registerUsers(server, 'alice')
  const client = await connect(t, server, alice)
  clock.offset = DAY - HOUR
  t.match(await client.notification('certificate_expiring'), { notAfter: String })
  t.match(await client.call('whoami'), { identity: { status: 'valid' } })
  clock.offset = DAY
  t.match(await client.whenClosed(), { code: 4502 })
  t.match((await alice.call('GET', '/me')).json(), { code: 'certificate_expired' })
  clock.offset = DAY - HOUR
  t.equal((await alice.call('GET', '/me')).status, 200)
  clock.offset = -HOUR
  t.equal((await alice.call('GET', '/me')).status, 200, 'also before it was issued')
  t.match(await (await connect(t, server, alice)).call('whoami'), { identity: { username: 'alice' } })
})

t.test('an invitation ends when the clock says so, not for an hour, and stays ended', async (t) => {
  const { clock, server } = await serverWithClock(t, { HERMES_INVITATION_DAYS: '1' })
  const { alice, bob } = await registerUsers(server, 'alice', 'bob')
  const [a, b] = [await connect(t, server, alice), await connect(t, server, bob)]
  const { conversation } = await a.call('start', { participants: [{ certificate: bob.certificate }] })
  const { username, fingerprint } = bob
  await a.call('invite', { conversation, username, fingerprint, challenge: challenge() })
  const invited = await b.event((event) => event.type === 'invited')
  clock.offset = DAY - HOUR
  t.same(await b.call('accept', acceptance(server, bob, invited)), {})
  clock.offset = DAY
  t.match(await a.event((event) => event.type === 'expired'), { invitation: invited.invitation })
  clock.offset = 0
  const late = await refusal(b.call('decline', { invitation: invited.invitation }))
  t.match(late, { code: 410, data: { code: 'invitation_expired' } })
  t.match(await a.call('invite', { conversation, username, fingerprint, challenge: challenge() }), { seq: 5 })
})

t.test('limits go on by themselves when the clock is set back', async (t) => {
  const limits = { HERMES_PASSWORDS_PER_MINUTE: '3', HERMES_STARTS_PER_HOUR: '2' }
  const { clock, server } = await serverWithClock(t, limits)
  const { alice, bob } = await registerUsers(server, 'alice', 'bob')
  const guess = () => {
    const body = { username: 'alice', password: 'a wrong password' }
    return request(`${server.identityUrl}/fetch-my`, { method: 'POST', ca: server.rootPem }, body)
  }
  const a = await connect(t, server, alice)
  const start = () => a.call('start', { participants: [{ certificate: bob.certificate }] })
  t.equal((await guess()).status, 401)
  await start()
  await start()
  t.match(await refusal(start()), { data: { code: 'quota_exceeded' } })
  clock.offset = -HOUR
  t.match(await start(), { seq: 1 }, 'those of an hour that is still to come are not counted')
  const tooMany = await guess()
  t.match(tooMany.json(), { code: 'rate_limited' })
  t.ok(Number(tooMany.headers['retry-after']) <= 60)
})
