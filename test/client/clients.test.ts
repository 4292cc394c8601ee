import { randomUUID } from 'node:crypto'
import t, { type Test } from 'tap'
import { HubClient } from '../../src/client/hub-client.js'
import { createIdentityClient } from '../../src/client/identity-client.js'
import { createCertificateRequest, generateKey, lockPrivateKey, unlockPrivateKey } from '../../src/client/keys.js'
import { conversationOf, type Party } from '../support/handshake.js'
import { connect } from '../support/hub-client.js'
import { startServer, type TestServer } from '../support/server.js'
import { registerUsers, type User } from '../support/user.js'

const identitiesOf = ({ identityUrl: url, rootPem }: TestServer) => createIdentityClient({ url, rootPem })

async function hubOf(t: Test, { hubUrl: url, rootPem }: TestServer, { certificate, key }: User, device?: string) {
  const client = await HubClient.connect({ url, rootPem, certificate, key, ...(device && { device }) })
  t.teardown(() => client.close())
  return client
}

t.test('register, fetch, fetch-my, and refusals with their problem', async (t) => {
  const server = await startServer(t)
  const identities = identitiesOf(server)
  const key = await generateKey('P-256')
  const password = 'correct horse battery'
  const csr = createCertificateRequest(key, 'alice')
  const encryptedPrivateKey = await lockPrivateKey(key, 'another password')
  const identity = await identities.register({ username: 'alice', password, csr, encryptedPrivateKey })
  t.same((await identities.fetch('alice')).certificate, identity.certificate)
  const own = await identities.fetchMy({ username: 'alice', password })
  t.ok(unlockPrivateKey(own.encryptedPrivateKey, 'another password').equals(key))
  t.equal((await identities.pin(server.rootFingerprint)).issuers.length, 1)
  t.match(await identities.configuration(), { hubUrl: server.hubUrl, trustDomain: server.trustDomain })

  await t.rejects(identities.fetch('nobody'), { name: 'Refusal', code: 'user_not_found', status: 404 })
  await t.rejects(identities.fetchMy({ username: 'alice', password: 'wrong' }), { code: 'invalid_credentials' })
  await t.rejects(identities.register({ username: 'A', password, csr }), {
    code: 'invalid_request',
    errors: [{ path: 'username' }],
    requestId: /./,
  })
  await t.rejects(identities.register({ username: 'alice', password, csr }), { code: 'username_taken' })
})

t.test('a server under another root is none', async (t) => {
  const [server, other] = await Promise.all([startServer(t), startServer(t)])
  const { alice } = await registerUsers(server, 'alice')
  const identities = createIdentityClient({ url: server.identityUrl, rootPem: other.rootPem })
  await t.rejects(identities.configuration(), { name: 'VerificationError', code: 'server_untrusted' })
  await t.rejects(hubOf(t, { ...server, rootPem: other.rootPem }, alice), {
    name: 'VerificationError',
    code: 'server_untrusted',
  })
})

t.test('calls are answered, events come in order, and nothing is acknowledged by itself', async (t) => {
  const server = await startServer(t)
  const { alice, bob } = await registerUsers(server, 'alice', 'bob')
  const [a, b]: [Party, Party] = [
    { user: alice, client: await connect(t, server, alice) },
    { user: bob, client: await connect(t, server, bob) },
  ]
  const conversation = await conversationOf(server, a, b)
  const hub = await hubOf(t, server, bob, 'tablet')
  const [whoami, page, refusal] = await Promise.all([
    hub.call('whoami', {}),
    hub.call('history', { conversation, after: 3 }),
    hub.call('history', { conversation: randomUUID(), after: 0 }).catch((error: unknown) => error),
  ])
  t.match(whoami, { identity: { username: 'bob' }, device: 'tablet', role: 'user' })
  t.match(page.events, [{ type: 'joined', seq: 4 }])
  t.match(refusal, { name: 'Refusal', code: 'conversation_not_found', status: 404 })

  await a.client.call('send', { conversation, messageId: randomUUID(), payload: 'one' })
  const seen: string[] = []
  for await (const { method, params } of hub.notifications) {
    seen.push(method === 'event' ? params.type : method)
    if (method === 'event' && params.type === 'message') break
  }
  t.same(seen, ['hello', 'joined', 'synced', 'message'])
  t.equal((await b.client.call('conversations')).more, false)
  const cursor = async () => (await hub.call('conversations', {})).conversations[0]?.ackedSeq
  t.equal(await cursor(), 0)
  await a.client.call('send', { conversation, messageId: randomUUID(), payload: 'two' })
  const { value } = await hub.notifications.next()
  t.match(value, { method: 'event', params: { payload: 'two', seq: 6 } })
  if (value?.method === 'event') hub.acknowledge(value.params)
  t.equal(await cursor(), 6)
})

t.test('the end of a connection has a reason, and what waits for an answer hears of it', async (t) => {
  const server = await startServer(t)
  const { alice } = await registerUsers(server, 'alice')
  const hub = await hubOf(t, server, alice)
  const replacing = await hubOf(t, server, alice)
  t.match(await hub.closed, { code: 4505, reason: /elsewhere/, mayReconnect: false })
  await t.rejects(hub.call('whoami', {}), { name: 'ConnectionClosed' })
  const methods = []
  for await (const { method } of hub.notifications) methods.push(method)
  t.equal(methods[0], 'hello', 'what had arrived can still be read, then it ends')
  const unanswered = replacing.call('whoami', {})
  const close = replacing.close()
  await Promise.allSettled([unanswered])
  t.match(await close, { code: 1000, mayReconnect: false })
  const last = await hubOf(t, server, alice)
  await server.close()
  t.match(await last.closed, { code: 1012, mayReconnect: true })
})

t.test("the guard's refusal is the problem it sent", async (t) => {
  const server = await startServer(t)
  const { alice } = await registerUsers(server, 'alice')
  await t.rejects(hubOf(t, server, alice, 'No Device'), { name: 'Refusal', code: 'invalid_request', status: 400 })
})
