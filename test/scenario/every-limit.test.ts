import t, { type Test } from 'tap'
import { type HttpAnswer, request } from '../support/https.js'
import { connect, type HubClient, refusal, refusedUpgrade } from '../support/hub-client.js'
import { startServer, type TestServer } from '../support/server.js'
import { challenge, PASSWORD, registerUsers, type User } from '../support/user.js'

/** The refusal names the limit by its variable, and tells programs which it is. */
function names(t: Test, found: { message: string; data: object }, variable: string, data: object): void {
  t.match(found.message, new RegExp(`${variable}\\b`), variable)
  t.match(found.data, data, variable)
}

interface Problem {
  readonly detail: string
  readonly code: string
}

const start = (client: HubClient, other: User) =>
  client.call('start', { participants: [{ certificate: other.certificate }] })

async function conversationWith(client: HubClient, other: User): Promise<string> {
  return (await start(client, other)).conversation
}

t.test('what one user may have on the hub', async (t) => {
  const server = await startServer(t, {
    HERMES_MEMBERS_MAX: '2',
    HERMES_CONVERSATION_INVITATIONS_MAX: '2',
    HERMES_OPEN_INVITATIONS_MAX: '2',
    HERMES_OPEN_INVITATIONS_TO_ONE_MAX: '1',
    HERMES_MEMBERSHIPS_MAX: '3',
    HERMES_STARTS_PER_HOUR: '4',
    HERMES_DEVICES_MAX: '1',
    HERMES_BODY_BYTES: '65536',
  })
  const { alice, bob, carol, dave } = await registerUsers(server, 'alice', 'bob', 'carol', 'dave')
  const [a, b] = [await connect(t, server, alice), await connect(t, server, bob)]
  const rooms = [await conversationWith(a, bob), await conversationWith(a, bob), await conversationWith(a, bob)]
  const invite = (room: number, { username, fingerprint }: User) =>
    a.call('invite', { conversation: rooms[room], username, fingerprint, challenge: challenge() })
  const quota = (name: string, limit: number) => ({ code: 'quota_exceeded', quota: name, limit })

  await invite(0, bob)
  names(t, await refusal(invite(0, carol)), 'HERMES_MEMBERS_MAX', { code: 'conversation_full' })
  const again = await refusal(invite(1, bob))
  names(t, again, 'HERMES_OPEN_INVITATIONS_TO_ONE_MAX', quota('openInvitationsToOne', 1))
  const { invitation: carols } = await invite(1, carol)
  names(t, await refusal(invite(2, dave)), 'HERMES_OPEN_INVITATIONS_MAX', quota('openInvitations', 2))
  await a.call('cancel', { invitation: carols })
  await a.call('cancel', { invitation: (await invite(1, carol)).invitation })
  const third = await refusal(invite(1, carol))
  names(t, third, 'HERMES_CONVERSATION_INVITATIONS_MAX', quota('conversationInvitations', 2))
  names(t, await refusal(start(a, bob)), 'HERMES_MEMBERSHIPS_MAX', quota('memberships', 3))
  for (let n = 0; n < 4; n += 1) await b.call('leave', { conversation: await conversationWith(b, alice) })
  names(t, await refusal(start(b, alice)), 'HERMES_STARTS_PER_HOUR', quota('startsPerHour', 4))

  const device = (await refusedUpgrade(server, alice, { device: 'another' })).json<Problem>()
  names(t, { message: device.detail, data: device }, 'HERMES_DEVICES_MAX', quota('devices', 1))
  const large = (await alice.call('POST', '/conversations', { padding: 'x'.repeat(70_000) })).json<Problem>()
  names(t, { message: large.detail, data: large }, 'HERMES_BODY_BYTES', { code: 'too_large' })
})

t.test('how many sockets one user may hold open on the hub listener', async (t) => {
  const server = await startServer(t, { HERMES_SOCKETS_PER_USER: '2' })
  const { alice, bob } = await registerUsers(server, 'alice', 'bob')
  const first = await connect(t, server, alice, { device: 'first' })
  await connect(t, server, alice, { device: 'second' })
  for (const answer of [await alice.call('GET', '/me'), await refusedUpgrade(server, alice)]) {
    t.match([answer.status, answer.headers.connection], [429, 'close'])
    const problem = answer.json<Problem>()
    const data = { code: 'quota_exceeded', quota: 'sockets', limit: 2 }
    names(t, { message: problem.detail, data: problem }, 'HERMES_SOCKETS_PER_USER', data)
  }
  t.equal((await bob.call('GET', '/me')).status, 200, 'another is not concerned')
  await first.close()
  t.equal((await alice.call('GET', '/me')).status, 200, 'one that was closed makes room')
})

/** The tests are the trusted proxy: they tell from which address a request came. */
function post(server: TestServer, path: string, body: object, address: string): Promise<HttpAnswer> {
  const headers = { 'x-forwarded-for': address }
  return request(`${server.identityUrl}${path}`, { method: 'POST', ca: server.rootPem, headers }, body)
}

t.test('what one address may do on the identity listener', async (t) => {
  const server = await startServer(t, {
    HERMES_TRUSTED_PROXIES: '127.0.0.1',
    HERMES_PASSWORDS_PER_MINUTE: '3',
    HERMES_LOGIN_FAILURES: '1',
    HERMES_REGISTRATIONS_PER_HOUR: '1',
    HERMES_ADDRESSES_PER_SITE: '1',
    HERMES_PASSWORD_QUEUE: '1',
    HERMES_PASSWORD_QUEUE_PER_ADDRESS: '1',
  })
  const refused = async (answer: Promise<HttpAnswer>, status: number, variable: string, data: object) => {
    const found = await answer
    t.match([found.status, found.headers['retry-after']], [status, /^\d+$/], variable)
    const problem = found.json<Problem>()
    names(t, { message: problem.detail, data: problem }, variable, data)
  }
  const guess = (username = 'alice', address = '192.0.2.1') =>
    post(server, '/fetch-my', { username, password: PASSWORD }, address)
  t.equal((await guess()).status, 401)
  await refused(guess(), 429, 'HERMES_LOGIN_FAILURES', { code: 'account_locked' })
  t.equal((await guess('bob')).status, 401)
  await refused(guess('carol'), 429, 'HERMES_PASSWORDS_PER_MINUTE', { code: 'rate_limited' })

  const register = () =>
    post(server, '/register', { username: 'alice', password: PASSWORD, csr: 'nonsense' }, '192.0.2.1')
  t.equal((await register()).status, 422)
  const padded = { username: 'alice', password: PASSWORD, csr: 'x'.repeat(65_536) }
  const large = (await post(server, '/register', padded, '192.0.2.1')).json<Problem>()
  names(t, { message: large.detail, data: large }, 'HERMES_IDENTITY_BODY_BYTES', { code: 'too_large' })
  await refused(register(), 429, 'HERMES_REGISTRATIONS_PER_HOUR', { code: 'rate_limited' })

  t.equal((await guess('dave', '2001:db8:1:1::1')).status, 401)
  for (const username of ['erin', 'frank']) await guess(username, '2001:db8:1:1::1')
  await refused(guess('grace', '2001:db8:1:2::1'), 429, 'HERMES_ADDRESSES_PER_SITE', { code: 'rate_limited' })

  // One is hashed, one waits, and there is no third place, nor a second for one address.
  const addresses = ['192.0.2.2', '192.0.2.3', '192.0.2.3', '192.0.2.4']
  const answers = await Promise.all(addresses.map((address, n) => guess(`user-${n}`, address)))
  const busy = answers.filter(({ status }) => status === 503).map((answer) => answer.json())
  t.ok(busy.length >= 2)
  for (const problem of busy)
    t.match(problem, { code: 'busy', quota: /^passwordQueue(PerAddress)?$/, limit: 1 }, 'a 5xx names it in its data')
})
