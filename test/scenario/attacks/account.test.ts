import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { request as httpsRequest } from 'node:https'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { createCertificateRequest, generateKey, lockPrivateKey } from '../../../src/client/keys.js'
import { createAuthority } from '../../../src/pki/authority.js'
import { encodePem } from '../../../src/pki/pem.js'
import { issueUserCertificate } from '../../../src/pki/user-certificate.js'
import { openSqliteStore } from '../../../src/store/sqlite/open.js'
import { byPassword, fetched, post, recovered, renewed } from '../../support/account.js'
import { conversationOf } from '../../support/handshake.js'
import { startServer, type TestServer } from '../../support/server.js'
import { PASSWORD, registerUser, registerUsers, type User, userOf } from '../../support/user.js'
import { parties } from './invitation.js'

const server = await startServer(t, { HERMES_CERTIFICATES_PER_HOUR: '0' })
let count = 0
/** A user of the test's own. */
const newUser = () => registerUser(server, `user-${++count}`)

const serialOf = ({ certificate }: User) => new X509Certificate(certificate).serialNumber.toLowerCase()
const requestFor = async (username: string) => ({ csr: createCertificateRequest(await generateKey(), username) })

async function refusedRenewal(t: Test, user: User, code: string, status = 403) {
  const before = await fetched(server, user)
  const answer = await user.call('POST', '/renew', await requestFor(user.username))
  t.match(answer, { status }, code)
  t.equal(answer.json().code, code)
  t.same(await fetched(server, user), before, 'nothing was issued')
}

t.test('renewal for another name', async (t) => {
  const [user, victim] = [await newUser(), await newUser()]
  const before = await fetched(server, victim)
  const answer = await user.call('POST', '/renew', await requestFor(victim.username))
  t.equal(answer.json().code, 'csr_rejected')
  t.same(await fetched(server, victim), before)
  const recovery = { ...(await requestFor(victim.username)), username: user.username, password: PASSWORD }
  t.equal((await post(server, '/recover', recovery)).json().code, 'csr_rejected', 'nor by password')
})

t.test('renewal with a certificate that is revoked, superseded or not the newest', async (t) => {
  const first = await newUser()
  const second = await renewed(server, first)
  await refusedRenewal(t, first, 'certificate_superseded')
  const same = await renewed(server, second, second.key)
  await refusedRenewal(t, second, 'certificate_superseded')
  t.equal((await same.call('POST', '/revoke', { reason: 'superseded' })).status, 204)
  await refusedRenewal(t, same, 'certificate_revoked')

  let now = Date.now()
  const clocked = await startServer(t, {}, () => new Date(now))
  const user = await registerUser(clocked, 'alice')
  await renewed(clocked, user)
  now += 10 * 60_000
  const answer = await user.call('POST', '/renew', await requestFor('alice'))
  t.equal(answer.json().code, 'certificate_superseded', 'after ten minutes it opens nothing')
  t.equal((await user.call('GET', '/me')).json().code, 'certificate_superseded')
})

t.test('an older certificate that revokes the newest, or deletes the account', async (t) => {
  const old = await newUser()
  const newest = await renewed(server, old, old.key)
  const revoke = (body: object) => old.call('POST', '/revoke', body)
  t.equal((await revoke({ serialNumber: serialOf(newest), reason: 'superseded' })).json().code, 'forbidden')
  t.equal((await revoke({ reason: 'keyCompromise' })).json().code, 'forbidden', 'for they share a key')
  t.equal((await old.call('POST', '/delete-account', {})).json().code, 'forbidden')
  t.equal((await newest.call('GET', '/me')).status, 200)
  t.equal((await newest.call('POST', '/revoke', { serialNumber: serialOf(old), reason: 'superseded' })).status, 204)
  t.equal((await old.call('GET', '/me')).json().code, 'certificate_revoked')
  t.equal((await newest.call('GET', '/me')).status, 200)
})

t.test("revoking somebody else's certificate", async (t) => {
  const [user, victim] = [await newUser(), await newUser()]
  const body = { serialNumber: serialOf(victim), reason: 'keyCompromise' }
  t.equal((await user.call('POST', '/revoke', body)).json().code, 'not_found')
  t.equal((await byPassword(server, user, '/revoke', body)).json().code, 'not_found')
  const guessed = { ...body, username: victim.username, password: 'not the password' }
  const answer = await post(server, '/revoke', guessed)
  t.match(answer, { status: 401, headers: { connection: 'close' } })
  t.equal((await victim.call('GET', '/me')).status, 200)
})

t.test('a wrong password is answered alike everywhere, and counts everywhere', async (t) => {
  const user = await newUser()
  const wrong = { username: user.username, password: 'not the password' }
  const { csr } = await requestFor(user.username)
  const encryptedPrivateKey = await lockPrivateKey(user.key, 'a second password')
  const routes = {
    '/change-password': { newPassword: 'another server password' },
    '/escrow': { encryptedPrivateKey },
    '/recover': { csr },
    '/revoke': { reason: 'superseded' },
    '/delete-account': {},
  }
  for (const [path, body] of Object.entries(routes)) {
    const answer = await post(server, path, { ...wrong, ...body })
    t.match(answer, { status: 401, headers: { connection: 'close' } }, path)
  }
  for (const [path, body] of Object.entries(routes))
    t.equal((await byPassword(server, user, path, body)).json().code, 'account_locked', `${path}: five have failed`)
  t.equal((await user.call('GET', '/me')).status, 200, 'whoever has the certificate is never locked out')
})

t.test('a recovery that keeps a membership', async (t) => {
  const { mallory, alice } = await registerUsers(server, 'mallory', 'alice')
  const [a, m] = await parties(t, server, alice, mallory)
  const conversation = await conversationOf(server, a, m)
  // Whoever has only the password gets a certificate of his own, and none of what the old one was in.
  const thief = await recovered(server, mallory)
  for (const [method, path, body] of [
    ['GET', 'members'],
    ['POST', 'messages', { messageId: '01900000-0000-7000-8000-000000000001', payload: 'x' }],
    ['POST', 'signals', { payload: 'x' }],
  ] as const)
    t.equal((await thief.call(method, `/conversations/${conversation}/${path}`, body)).status, 404, path)
  t.equal((await mallory.call('GET', '/me')).json().code, 'certificate_revoked')
  const { members } = await a.client.call('members', { conversation })
  t.match(members, [{ username: 'alice' }])
})

t.test('a stay read by a recovered certificate, where the server died before the stay was ended', async (t) => {
  const first = await startServer(t)
  const { alice, bob } = await registerUsers(first, 'alice', 'bob')
  const [a, b] = await parties(t, first, alice, bob)
  const conversation = await conversationOf(first, a, b)
  await first.close()
  const url = `file:${first.directory}/hermes.db`
  const key = await generateKey()
  const certificate = await recoverInStore(first, url, bob, key)

  const environment = { HERMES_CERTS_DIR: first.certsDir, HERMES_DATABASE_URL: url }
  const second = await startServer(t, environment)
  const thief = userOf(second, 'bob', key, encodePem('CERTIFICATE', certificate.der), certificate.fingerprint)
  const { conversations } = (await thief.call('GET', '/conversations')).json<{ conversations: object[] }>()
  t.match(conversations, [{ conversation, status: 'left' }], 'the first request finds it ended')
})

/** What a recovery stores, without what the hub makes of it. */
async function recoverInStore({ certsDir, trustDomain }: TestServer, url: string, user: User, key: User['key']) {
  const read = (name: string) => readFile(join(certsDir, name), 'utf8')
  const users = createAuthority(await read('users-ca.pem'), createPrivateKey(await read('users-ca.key')))
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' })
  const at = new Date()
  const times = { notBefore: at, notAfter: new Date(at.getTime() + 3_600_000) }
  const issued = issueUserCertificate(users, { username: user.username, trustDomain, spki, ...times })
  const certificate = { ...issued, authorisedBy: 'password', issuer: 'users' } as const
  const store = await openSqliteStore({ url })
  const found = await store.identities.findIdentity(user.username)
  const { id: userId = 0, passwordHash = '' } = found?.user ?? {}
  const proof = { userId, passwordHash, address: '127.0.0.1' }
  await store.identities.recover({ ...proof, certificate, encryptedPrivateKey: null, reason: 'superseded', at })
  await store.close()
  return issued
}

t.test('a request whose body comes after the recovery', async (t) => {
  const user = await newUser()
  const { hostname, port } = new URL(server.hubUrl)
  const body = JSON.stringify({ participants: [{ certificate: (await newUser()).certificate }] })
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
  const slow = httpsRequest({ hostname, port, path: '/conversations', method: 'POST', ...user.tls, headers })
  slow.flushHeaders()
  slow.write(body.slice(0, 5))
  await user.call('GET', '/me')
  const thief = await recovered(server, user)
  slow.end(body.slice(5))
  const [answer] = await once(slow, 'response')
  t.equal(answer.statusCode, 403)
  answer.resume()
  t.same((await thief.call('GET', '/conversations')).json().conversations, [])
})

t.test('a compromised key, and the key of another', async (t) => {
  const [user, other] = [await newUser(), await newUser()]
  const taken = { csr: createCertificateRequest(other.key, user.username) }
  t.equal((await user.call('POST', '/renew', taken)).json().code, 'csr_rejected')
  t.equal((await byPassword(server, user, '/recover', taken)).json().code, 'csr_rejected')
  t.equal((await user.call('GET', '/me')).status, 200, 'what was refused changed nothing')
  t.equal((await user.call('POST', '/revoke', { reason: 'keyCompromise' })).status, 204)
  const own = { csr: createCertificateRequest(user.key, user.username) }
  t.equal((await byPassword(server, user, '/recover', own)).json().code, 'csr_rejected')
  await recovered(server, user)
  const barred = { username: 'fresh', password: PASSWORD, csr: createCertificateRequest(user.key, 'fresh') }
  t.equal((await post(server, '/register', barred)).json().code, 'csr_rejected')
})

t.test('a locked key of another key after a rekey', async (t) => {
  const user = await newUser()
  const encryptedPrivateKey = await lockPrivateKey(user.key, 'a second password')
  await byPassword(server, user, '/escrow', { encryptedPrivateKey })
  const next = await renewed(server, user)
  const kept = await byPassword(server, user, '/fetch-my')
  t.equal(kept.json().code, 'no_private_key', 'the old one is not given out with the new certificate')
  await recovered(server, next)
  t.equal((await byPassword(server, user, '/fetch-my')).json().code, 'no_private_key')
})

t.test('of ten renewals at once one succeeds, and of a renewal beside a revocation none is left good', async (t) => {
  const user = await newUser()
  const bodies = await Promise.all(Array.from({ length: 10 }, () => requestFor(user.username)))
  const answers = await Promise.all(bodies.map((body) => user.call('POST', '/renew', body)))
  const won = answers.filter(({ status }) => status === 201)
  t.equal(won.length, 1)
  t.ok(answers.every((answer) => answer.status === 201 || answer.json().code === 'certificate_superseded'))
  t.equal((await fetched(server, user)).fingerprint, won[0]?.json().fingerprint)

  const other = await newUser()
  const body = await requestFor(other.username)
  const [renewal, revocation] = await Promise.all([
    other.call('POST', '/renew', body),
    byPassword(server, other, '/revoke', { reason: 'superseded' }),
  ])
  t.equal(revocation.status, 204)
  const { status } = await fetched(server, other)
  t.equal(status, 'revoked')
  const code = (await other.call('GET', '/me')).json().code
  t.equal(code, renewal.status === 201 ? undefined : 'certificate_revoked')
})
