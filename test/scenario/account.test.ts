import { randomUUID } from 'node:crypto'
import t from 'tap'
import { createCertificateRequest, generateKey, lockPrivateKey } from '../../src/client/keys.js'
import { byPassword, fetched, post, recovered, renewed, under } from '../support/account.js'
import { conversationOf, type Party } from '../support/handshake.js'
import { connect, type Fields, type HubClient } from '../support/hub-client.js'
import { startServer } from '../support/server.js'
import { PASSWORD, registerUser, registerUsers, type User } from '../support/user.js'
import { parties } from './attacks/invitation.js'

const DAY_MS = 24 * 3600 * 1000

async function historyOf(client: HubClient, conversation: string): Promise<readonly Fields[]> {
  return (await client.call('history', { conversation, after: 0, limit: 500 })).events
}

const message = (conversation: string) => ({ conversation, messageId: randomUUID(), payload: 'x' })

t.test('a member goes on under a renewed certificate, which the log says before his first command', async (t) => {
  const server = await startServer(t)
  const { alice, bob } = await registerUsers(server, 'alice', 'bob')
  const [a, b] = await parties(t, server, alice, bob)
  const conversation = await conversationOf(server, a, b)
  const next = await renewed(server, bob)
  t.equal((await fetched(server, bob)).fingerprint, next.fingerprint)
  await b.client.call('send', message(conversation))
  t.notOk(
    (await historyOf(a.client, conversation)).some(({ type }) => type === 'renewed'),
    'the old one is good still',
  )

  const phone = await connect(t, server, next, { device: 'phone' })
  t.equal((await historyOf(phone, conversation)).at(-1)?.type, 'message', 'to read is no command')
  await Promise.all([phone.call('send', message(conversation)), phone.call('send', message(conversation))])
  const [said, first, second] = (await historyOf(a.client, conversation)).slice(-3)
  t.match(said, {
    type: 'renewed',
    from: { username: 'bob', fingerprint: next.fingerprint },
    previous: bob.fingerprint,
  })
  t.equal(said?.certificate, next.certificate)
  for (const one of [first, second]) t.match(one, { type: 'message', from: { fingerprint: next.fingerprint } })

  await b.client.call('send', message(conversation))
  const last = (await historyOf(a.client, conversation)).slice(-1)
  t.match(last, [{ type: 'message', from: { fingerprint: bob.fingerprint } }], 'the log never goes back')
  const { members } = await a.client.call('members', { conversation })
  t.match(members, [{ username: 'alice' }, { username: 'bob', fingerprint: next.fingerprint, status: 'valid' }])
  const left = await next.call('POST', `/conversations/${conversation}/leave`, {})
  t.equal(left.status, 200)
})

t.test('after a recovery every stay ends at once, and nothing of it comes back', async (t) => {
  const server = await startServer(t)
  const { alice, bob, carol } = await registerUsers(server, 'alice', 'bob', 'carol')
  const [a, b, c] = await parties(t, server, alice, bob, carol)
  const both = [await conversationOf(server, a, b), await conversationOf(server, b, a)]
  const { conversation: third } = await c.client.call('start', { participants: [{ certificate: bob.certificate }] })
  const { username, fingerprint } = bob
  const invited = { conversation: third, username, fingerprint, challenge: 'A'.repeat(43) }
  await c.client.call('invite', invited)

  const next = await recovered(server, bob)
  t.match(await b.client.whenClosed(), { code: 4501 })
  for (const conversation of both) {
    const last = (await historyOf(a.client, conversation)).at(-1)
    t.match(last, { type: 'left', reason: 'recovered', from: { username, fingerprint } })
  }
  const end = (await historyOf(c.client, third)).at(-1)
  t.match(end, { type: 'cancelled', reason: 'account recovered', from: { username: 'carol' } })
  const again = await connect(t, server, next)
  const [conversation = ''] = both
  await t.rejects(again.call('send', message(conversation)), { code: 404 })
  await t.rejects(again.call('members', { conversation }), { code: 404 })
  t.match((await again.call('conversations')).conversations, [{ status: 'left' }, { status: 'left' }])
  await a.client.call('send', message(conversation))
  t.equal((await historyOf(again, conversation)).at(-1)?.type, 'left', 'what comes after is not his to read')
})

t.test('open invitations end when a certificate in them is revoked', async (t) => {
  const server = await startServer(t)
  const { alice, bob, carol } = await registerUsers(server, 'alice', 'bob', 'carol')
  const [a, b, c] = await parties(t, server, alice, bob, carol)
  const conversation = await conversationOf(server, a, b)
  const invite = async ({ client }: Party, { username, fingerprint }: User, into: string) =>
    (await client.call('invite', { conversation: into, username, fingerprint, challenge: 'A'.repeat(43) })).invitation
  const { conversation: other } = await c.client.call('start', { participants: [{ certificate: bob.certificate }] })
  const [byBob, toBob] = [await invite(b, carol, conversation), await invite(c, bob, other)]
  t.equal((await bob.call('POST', '/revoke', { reason: 'superseded' })).status, 204)
  for (const [hears, invitation, from] of [
    [a, byBob, 'bob'],
    [c, byBob, 'bob'],
    [c, toBob, 'carol'],
  ] as const)
    t.match(await hears.client.event((e) => e.type === 'cancelled' && e.invitation === invitation), {
      from: { username: from },
      reason: 'bob: certificate_revoked',
    })
})

t.test('a deletion over mutual TLS is done when it is answered', async (t) => {
  const server = await startServer(t)
  const { alice, bob } = await registerUsers(server, 'alice', 'bob')
  const [a, b] = await parties(t, server, alice, bob)
  const conversation = await conversationOf(server, a, b)
  const answer = await bob.call('POST', '/delete-account', {})
  t.equal(answer.status, 202)
  t.ok(Date.parse(answer.json<{ effectiveAt: string }>().effectiveAt) <= Date.now())
  t.match(await b.client.whenClosed(), { code: 4503 })
  t.match((await historyOf(a.client, conversation)).at(-1), { type: 'left', reason: 'deleted' })
  t.equal((await bob.call('GET', '/me')).json().code, 'account_disabled')
  t.equal((await byPassword(server, bob, '/fetch-my')).status, 401)
  const csr = createCertificateRequest(await generateKey(), 'bob')
  t.equal((await byPassword(server, bob, '/register', { csr })).json().code, 'username_taken')
})

t.test('a deletion by password is due in seven days, also where no server ran, unless it is called off', async (t) => {
  let now = Date.now()
  const server = await startServer(t, { HERMES_DELETION_DAYS: '7' }, () => new Date(now))
  const { alice, bob } = await registerUsers(server, 'alice', 'bob')
  const asked = await byPassword(server, bob, '/delete-account')
  t.equal(asked.status, 202)
  const { effectiveAt } = asked.json<{ effectiveAt: string }>()
  t.equal(Date.parse(effectiveAt), now + 7 * DAY_MS)
  t.same((await byPassword(server, bob, '/delete-account')).json(), { effectiveAt }, 'asked again, it stays')
  t.equal((await bob.call('GET', '/me')).json().deletionAt, effectiveAt)
  t.equal((await bob.call('POST', '/unlock', {})).status, 204)
  t.equal((await bob.call('GET', '/me')).json().deletionAt, undefined)

  await byPassword(server, alice, '/delete-account')
  now += 7 * DAY_MS + 1
  await server.close()
  const environment = {
    HERMES_CERTS_DIR: server.certsDir,
    HERMES_DATABASE_URL: server.databaseUrl,
    HERMES_CLOCK_GRACE_HOURS: '0',
  }
  const later = await startServer(t, environment, () => new Date(now))
  const status = async () => (await post(later, '/fetch-my', { username: 'alice', password: PASSWORD })).json().code
  while ((await status()) === 'no_private_key') await new Promise(setImmediate)
  t.equal(await status(), 'invalid_credentials')
  t.equal((await fetched(later, bob)).status, 'valid')
})

t.test('a key that is locked goes with its certificate', async (t) => {
  const server = await startServer(t)
  const alice = await registerUser(server, 'alice')
  const lock = (key: Parameters<typeof lockPrivateKey>[0]) => lockPrivateKey(key, 'a second password')
  const kept = async () => (await byPassword(server, alice, '/fetch-my')).json().encryptedPrivateKey
  t.equal(await kept(), undefined)
  const first = await lock(alice.key)
  t.equal((await byPassword(server, alice, '/escrow', { encryptedPrivateKey: first })).status, 204)
  t.equal(await kept(), first)
  const key = await generateKey()
  const next = await renewed(server, alice, key)
  t.equal(await kept(), undefined, 'a new key without a new blob drops the old one')
  const second = await lock(key)
  const csr = createCertificateRequest(key, 'alice')
  under(server, alice, key, await next.call('POST', '/renew', { csr, encryptedPrivateKey: second }))
  t.equal(await kept(), second)
  const change = { newPassword: 'another server password', encryptedPrivateKey: first }
  t.equal((await byPassword(server, alice, '/change-password', change)).status, 204)
  t.equal((await byPassword(server, alice, '/fetch-my')).status, 401, 'the old password is void')
  const { newPassword: password } = change
  t.equal((await post(server, '/fetch-my', { username: 'alice', password })).json().encryptedPrivateKey, first)
})

t.test('a certificate that ended not long ago may renew, and nothing else', async (t) => {
  let now = Date.now() - 40 * DAY_MS
  const server = await startServer(t, { HERMES_CERTIFICATE_DAYS: '30' }, () => new Date(now))
  const { alice, bob } = await registerUsers(server, 'alice', 'bob')
  now = Date.now()
  for (const [method, path, body] of [
    ['GET', '/me'],
    ['POST', '/revoke', { reason: 'superseded' }],
    ['POST', '/delete-account', {}],
    ['POST', '/unlock', {}],
    ['GET', '/renew'],
  ] as const)
    t.equal((await alice.call(method, path, body)).json().code, 'certificate_expired', path)
  t.equal((await fetched(server, alice)).status, 'expired')
  const next = await renewed(server, alice)
  t.equal((await next.call('GET', '/me')).status, 200)
  now += 21 * DAY_MS
  const csr = createCertificateRequest(await generateKey(), 'bob')
  t.equal((await bob.call('POST', '/renew', { csr })).json().code, 'certificate_expired', '31 days ago is long ago')
})

t.test('whoever has the certificate lifts the lock of his password', async (t) => {
  const server = await startServer(t)
  const alice = await registerUser(server, 'alice')
  const guess = { username: 'alice', password: 'not the password' }
  for (let n = 0; n < 5; n += 1) t.equal((await post(server, '/fetch-my', guess)).status, 401)
  t.equal((await byPassword(server, alice, '/fetch-my')).json().code, 'account_locked')
  t.equal((await alice.call('POST', '/unlock', {})).status, 204)
  t.equal((await byPassword(server, alice, '/fetch-my')).json().code, 'no_private_key')
})

t.test('too many certificates in an hour; an answer that was lost is none of them', async (t) => {
  const server = await startServer(t, { HERMES_CERTIFICATES_PER_HOUR: '2' })
  const alice = await registerUser(server, 'alice')
  const key = await generateKey()
  const csr = createCertificateRequest(key, 'alice')
  const [first, again] = [await alice.call('POST', '/renew', { csr }), await alice.call('POST', '/renew', { csr })]
  t.equal(first.status, 201)
  t.same([again.status, again.json().fingerprint], [201, first.json().fingerprint])
  const other = createCertificateRequest(await generateKey(), 'alice')
  for (let n = 0; n < 3; n += 1)
    t.equal((await alice.call('POST', '/renew', { csr: other })).json().code, 'certificate_superseded')
  const next = await renewed(server, under(server, alice, key, first))
  t.equal(
    (await next.call('POST', '/renew', { csr: other })).json().code,
    'rate_limited',
    'the older used none of them',
  )
})
