import { randomUUID } from 'node:crypto'
import t from 'tap'
import type { HttpAnswer } from '../support/https.js'
import { refusedUpgrade } from '../support/hub-client.js'
import { startServer } from '../support/server.js'
import { registerUser, type User } from '../support/user.js'

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
