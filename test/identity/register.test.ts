import { X509Certificate } from 'node:crypto'
import { join } from 'node:path'
import t from 'tap'
import { HermesError } from '../../src/errors.js'
import { createRequest, lockKey, requestWithKey } from './requests.js'
import { createServiceFixture, PASSWORD, TRUST_DOMAIN } from './service-fixture.js'
import { settle } from './settle.js'

const ADDRESS = '192.0.2.1'

t.test('a registered user can be fetched, and fetches his key', async (t) => {
  const { identities, hierarchy } = await createServiceFixture(t)
  const { key, csr } = createRequest('alice')
  const encryptedPrivateKey = lockKey(key, 'another password')
  const identity = await identities.register(
    { username: 'alice', password: PASSWORD, csr, encryptedPrivateKey },
    ADDRESS,
  )
  t.match(identity, { username: 'alice', status: 'valid', chain: hierarchy.users.certificatePem })
  const certificate = new X509Certificate(identity.certificate)
  t.ok(certificate.verify(new X509Certificate(identity.chain).publicKey))
  t.equal(certificate.subject, 'CN=alice')
  t.match(certificate.subjectAltName, `acct:alice@${TRUST_DOMAIN}`)
  t.equal(`sha256:${certificate.fingerprint256.replaceAll(':', '').toLowerCase()}`, identity.fingerprint)
  t.equal(certificate.serialNumber.toLowerCase(), identity.serialNumber)
  t.equal(new Date(certificate.validTo).toISOString(), identity.notAfter)
  t.same(await identities.fetch('alice'), identity)
  t.same(await identities.fetchMy({ username: 'alice', password: PASSWORD }, ADDRESS), {
    ...identity,
    encryptedPrivateKey,
  })
})

t.test('the status follows the clock', async (t) => {
  const { identities, clock } = await createServiceFixture(t, { policy: { certificateDays: 1 } })
  await identities.register({ username: 'alice', password: PASSWORD, csr: createRequest('alice').csr }, ADDRESS)
  t.equal((await identities.fetch('alice')).status, 'valid')
  clock.now = new Date(clock.now.getTime() + 25 * 3_600_000)
  t.equal((await identities.fetch('alice')).status, 'expired')
})

t.test('refusals of register come before a hash is spent', async (t) => {
  let registered = 0
  const { identities, hierarchy } = await createServiceFixture(t, {
    policy: { passwordsPerMinute: 1 },
    wrap: (store) => ({
      ...store,
      register: async (user) => {
        registered += 1
        await store.register(user)
      },
    }),
  })
  const { key, csr } = createRequest('alice')
  const request = { username: 'alice', password: PASSWORD, csr }
  await identities.register(request, ADDRESS)
  // The one password of this minute is used up: whatever gets as far as a hash is rate_limited.
  const bob = { ...request, username: 'bob' }
  const cases: readonly [Parameters<typeof identities.register>[0], string][] = [
    [request, 'username_taken'],
    [{ ...request, username: 'admin' }, 'invalid_request'],
    [bob, 'csr_rejected'],
    [{ ...bob, csr: createRequest('bob').csr, encryptedPrivateKey: key }, 'private_key_rejected'],
    [{ ...bob, csr: createRequest('bob').csr, encryptedPrivateKey: lockKey(key, 'x', 1000) }, 'private_key_rejected'],
    [{ ...bob, csr: 'nonsense' }, 'csr_rejected'],
    [{ ...bob, csr: createRequest('bob').csr }, 'rate_limited'],
  ]
  for (const [refused, code] of cases) await t.rejects(identities.register(refused, ADDRESS), { code }, code)
  t.equal(registered, 1)
  t.equal(hierarchy.users.certificatePem, (await identities.fetch('alice')).chain)
})

t.test("another user's key is refused", async (t) => {
  const { identities } = await createServiceFixture(t)
  const { key, csr } = createRequest('alice')
  await identities.register({ username: 'alice', password: PASSWORD, csr }, ADDRESS)
  const file = join(t.testdir({ 'alice.key': key }), 'alice.key')
  const forBob = { username: 'bob', password: PASSWORD, csr: requestWithKey(file, 'bob') }
  await t.rejects(identities.register(forBob, ADDRESS), { code: 'csr_rejected', message: /another user/ })
})

t.test('of 50 concurrent registrations of one name one succeeds', async (t) => {
  let hashes = 0
  const { identities } = await createServiceFixture(t, {
    policy: { passwordQueue: 1, passwordQueuePerAddress: 1 },
    wrap: (store) => ({
      ...store,
      register: async (user) => {
        hashes += 1
        await store.register(user)
      },
    }),
  })
  const { csr } = createRequest('alice')
  const tries = Array.from({ length: 50 }, () =>
    identities.register({ username: 'alice', password: PASSWORD, csr }, ADDRESS),
  )
  t.same(await settle(tries), { ok: 1, username_taken: 49 })
  t.equal(hashes, 1)
})

t.test('the database decides when the check before it saw nothing', async (t) => {
  const { identities, store } = await createServiceFixture(t, {
    wrap: (store) => ({ ...store, findIdentity: async () => null, findKey: async () => null }),
  })
  const tries = Array.from({ length: 4 }, () =>
    identities.register({ username: 'alice', password: PASSWORD, csr: createRequest('alice').csr }, ADDRESS),
  )
  t.same(await settle(tries), { ok: 1, username_taken: 3 })
  t.ok(await store.identities.findIdentity('alice'))
})

t.test('nothing is answered that was not stored', async (t) => {
  const { identities } = await createServiceFixture(t, {
    wrap: (store) => ({ ...store, register: () => Promise.reject(new HermesError('unavailable')) }),
  })
  const request = { username: 'alice', password: PASSWORD, csr: createRequest('alice').csr }
  await t.rejects(identities.register(request, ADDRESS), { code: 'unavailable' })
  await t.rejects(identities.fetch('alice'), { code: 'user_not_found' })
})
