import { randomUUID } from 'node:crypto'
import type { Socket } from 'node:net'
import t from 'tap'
import type { HttpAnswer } from '../support/https.js'
import { connect, refusedUpgrade } from '../support/hub-client.js'
import { startServer } from '../support/server.js'
import { registerUser, registerUsers, type User } from '../support/user.js'

const MANY = 20
const server = await startServer(t, { HERMES_REQUESTS_PER_SECOND: '1', HERMES_REQUESTS_BURST: '2' })

const post = (user: User, path: string, body: object | Buffer, headers?: Record<string, string>) =>
  user.call('POST', path, body, headers)

/** What a user of his own is answered who asks many times at once. */
async function flood(username: string, ask: (user: User) => Promise<HttpAnswer>): Promise<readonly number[]> {
  const user = await registerUser(server, username)
  const answers = await Promise.all(Array.from({ length: MANY }, () => ask(user)))
  for (const answer of answers.filter(({ status }) => status === 429))
    t.match(answer, { headers: { 'retry-after': /^[1-9]/ }, text: /HERMES_REQUESTS_PER_SECOND/ })
  return answers.map(({ status }) => status)
}

const REFUSED: Readonly<Record<string, readonly [status: number, ask: (user: User) => Promise<HttpAnswer>]>> = {
  nowhere: [404, (user) => user.call('GET', '/nowhere')],
  method: [405, (user) => user.call('PUT', '/me')],
  undecodable: [400, (user) => user.call('GET', '/%zz')],
  body: [400, (user) => post(user, '/conversations', {})],
  media: [415, (user) => post(user, '/conversations', Buffer.from('{}'), { 'content-type': 'text/plain' })],
  unknown: [404, (user) => user.call('GET', `/conversations/${randomUUID()}/members`)],
  upgrade: [400, (user) => refusedUpgrade(server, user, { query: 'ack=never' })],
}

for (const [name, [status, ask]] of Object.entries(REFUSED))
  t.test(`requests that are refused count: ${name}`, async (t) => {
    const statuses = await flood(name, ask)
    t.ok(statuses.includes(status))
    t.ok(statuses.includes(429))
    t.same(
      statuses.filter((one) => one !== status && one !== 429),
      [],
    )
  })

t.test('ack is free', async (t) => {
  const statuses = await flood('ack', (user) => post(user, `/conversations/${randomUUID()}/ack`, { seq: 1 }))
  t.same(new Set(statuses), new Set([404]))
})

t.test(
  'who asks too much over a WebSocket is made to wait, over all his connections, and refused nothing',
  async (t) => {
    const patient = await startServer(t, { HERMES_REQUESTS_PER_SECOND: '100', HERMES_REQUESTS_BURST: '10' })
    const { alice, bob } = await registerUsers(patient, 'alice', 'bob')
    const laptop = await connect(t, patient, alice, { device: 'laptop' })
    const phone = await connect(t, patient, alice, { device: 'phone' })
    const answered: number[] = []
    const began = performance.now()
    const calls = Array.from({ length: 150 }, async (_, n) => {
      await (n % 2 === 0 ? laptop : phone).call('whoami')
      answered.push(n)
    })
    const other = await connect(t, patient, bob)
    await other.call('whoami')
    t.ok(answered.length < calls.length, 'another user does not wait for him')
    await Promise.all(calls)
    t.ok(performance.now() - began >= 1000, 'he had to wait for all but the burst')
    for (const parity of [0, 1]) {
      const ofOne = answered.filter((n) => n % 2 === parity)
      t.same(
        ofOne,
        [...ofOne].sort((a, b) => a - b),
        'each was answered in its turn',
      )
    }
  },
)

t.test('who goes on although he is not read is refused by name, and cut off with 4429', async (t) => {
  const user = await registerUser(server, 'mallory')
  const client = await connect(t, server, user)
  // Enough that the next request waits; behind it, in one piece, more frames than a lane takes from one read.
  const raw = (client.socket as unknown as { readonly _socket: Socket })._socket
  raw.cork()
  for (let n = 0; n < 3; n += 1) client.socket.send('{"jsonrpc":"2.0","id":"x","method":"whoami"}')
  for (let n = 0; n < 20_000; n += 1) client.socket.send('1')
  raw.uncork()
  t.match(await client.whenClosed(), { code: 4429, reason: /too many requests/ })
  const refusals = client.frames.filter(({ error }) => error?.data.code === 'rate_limited')
  t.ok(refusals.length > 0)
  t.match(refusals[0], { error: { code: 429, message: /HERMES_REQUESTS_PER_SECOND/, data: { retryable: true } } })
})
