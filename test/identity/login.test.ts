import bcrypt from 'bcryptjs'
import t from 'tap'
import { AccountDelay } from '../../src/identity/account-delay.js'
import { AddressLimit } from '../../src/identity/address-limit.js'
import { createLogin, type LoginDependencies } from '../../src/identity/login.js'
import type { IdentityRecord } from '../../src/store/records.js'
import { createRequest, lockKey } from './requests.js'
import { createServiceFixture, PASSWORD } from './service-fixture.js'
import { settle } from './settle.js'

const ADDRESS = '192.0.2.1'

t.test('a password is compared in NFC', async (t) => {
  const { identities } = await createServiceFixture(t)
  const decomposed = 'e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301 and more'
  await identities.register({ username: 'alice', password: decomposed, csr: createRequest('alice').csr }, ADDRESS)
  const attempt = identities.fetchMy({ username: 'alice', password: decomposed.normalize('NFC') }, ADDRESS)
  await t.rejects(attempt, { code: 'no_private_key' })
})

t.test('what follows the 72nd byte or a NUL is never passed over', async (t) => {
  const { identities } = await createServiceFixture(t)
  const longest = 'x'.repeat(72)
  await identities.register({ username: 'alice', password: longest, csr: createRequest('alice').csr }, ADDRESS)
  for (const password of [`${longest}y`, `${longest}\0`])
    await t.rejects(identities.fetchMy({ username: 'alice', password }, ADDRESS), { code: 'invalid_credentials' })
  await t.rejects(identities.fetchMy({ username: 'alice', password: longest }, ADDRESS), { code: 'no_private_key' })
  const tooLong = { username: 'bob', password: `${longest}y`, csr: createRequest('bob').csr }
  await t.rejects(identities.register(tooLong, ADDRESS), { code: 'invalid_request' })
})

t.test('256 parallel guesses count as 5, for known and unknown users', async (t) => {
  const { identities, clock } = await createServiceFixture(t, { policy: { loginFailures: 5 } })
  const { key, csr } = createRequest('alice')
  const encryptedPrivateKey = lockKey(key, 'another password')
  await identities.register({ username: 'alice', password: PASSWORD, csr, encryptedPrivateKey }, ADDRESS)
  for (const username of ['alice', 'nobody']) {
    const guesses = Array.from({ length: 256 }, (_, n) =>
      identities.fetchMy({ username, password: `guess ${n}` }, ADDRESS),
    )
    t.same(await settle(guesses), { invalid_credentials: 5, account_locked: 251 })
  }
  const right = { username: 'alice', password: PASSWORD }
  await t.rejects(identities.fetchMy(right, ADDRESS), {
    code: 'account_locked',
    retryAfterMs: 15 * 60_000,
    message: /HERMES_LOGIN_FAILURES\): try again in 15 minutes$/,
  })
  t.equal((await identities.fetchMy(right, '192.0.2.2')).username, 'alice', 'another address is not locked')
  clock.now = new Date(clock.now.getTime() + 15 * 60_000)
  t.equal((await identities.fetchMy(right, ADDRESS)).username, 'alice', 'the lock ends')
})

t.test('right passwords never lock', async (t) => {
  const { identities } = await createServiceFixture(t)
  await identities.register({ username: 'alice', password: PASSWORD, csr: createRequest('alice').csr }, ADDRESS)
  for (let n = 0; n < 12; n++)
    await t.rejects(identities.fetchMy({ username: 'alice', password: PASSWORD }, ADDRESS), { code: 'no_private_key' })
})

t.test('right passwords from anywhere delay nobody', async (t) => {
  const record = { user: { id: 1, passwordHash: bcrypt.hashSync('right', 4) } } as IdentityRecord
  const store = { countAttempt: async () => null, findIdentity: async () => record, forgiveAttempts: async () => {} }
  const hasher = { hash: async () => '', compare: async (password: string) => password === 'right' }
  const workers = { run: <T>(_client: unknown, work: (given: typeof hasher) => Promise<T>) => work(hasher) }
  const login = createLogin({
    store: store as unknown as LoginDependencies['store'],
    workers: workers as unknown as LoginDependencies['workers'],
    passwordLimit: new AddressLimit({ what: 'passwords', variable: '', max: 0, windowMs: 1, clock: () => 0 }),
    policy: { bcryptCost: 4, loginFailures: 1 },
    now: () => new Date(),
    delay: new AccountDelay(1, () => 0),
    // Whoever would have to wait is refused at once.
    closing: AbortSignal.abort(),
  })
  for (let n = 0; n < 20; n++) t.equal(await login({ username: 'alice', password: 'right' }, `192.0.2.${n}`), record)
  for (let n = 0; n < 2; n++)
    await t.rejects(login({ username: 'alice', password: 'wrong' }, `198.51.100.${n}`), { code: 'invalid_credentials' })
  await t.rejects(login({ username: 'alice', password: 'right' }, ADDRESS), { code: 'draining' }, 'wrong ones do')
})

t.test('right passwords sent at once do not lock each other out', async (t) => {
  const { identities } = await createServiceFixture(t, { policy: { passwordWorkers: 8 } })
  await identities.register({ username: 'alice', password: PASSWORD, csr: createRequest('alice').csr }, ADDRESS)
  const right = { username: 'alice', password: PASSWORD }
  t.same(await settle(Array.from({ length: 12 }, () => identities.fetchMy(right, ADDRESS))), { no_private_key: 12 })
})

t.test('limits by address', async (t) => {
  const { identities, clock } = await createServiceFixture(t, {
    policy: { registrationsPerHour: 2, passwordsPerMinute: 3 },
  })
  const register = (username: string, address = ADDRESS) =>
    identities.register({ username, password: PASSWORD, csr: 'nonsense' }, address)
  await t.rejects(register('a', '2001:db8::1'), { code: 'csr_rejected' })
  await t.rejects(register('b', '2001:db8::2'), { code: 'csr_rejected' })
  const tooMany = { code: 'rate_limited', retryAfterMs: 3_600_000, message: /HERMES_REGISTRATIONS_PER_HOUR/ }
  await t.rejects(register('c', '2001:db8::3'), tooMany)
  await t.rejects(register('c', '2001:db8:0:1::3'), { code: 'csr_rejected' }, 'another /64')
  const guess = (username: string) => identities.fetchMy({ username, password: PASSWORD }, ADDRESS)
  for (const username of ['a', 'b', 'c']) await t.rejects(guess(username), { code: 'invalid_credentials' })
  await t.rejects(guess('d'), { code: 'rate_limited', retryAfterMs: 60_000, message: /HERMES_PASSWORDS_PER_MINUTE/ })
  clock.milliseconds += 60_000
  await t.rejects(guess('d'), { code: 'invalid_credentials' })
})

t.test('who holds a whole /48 of IPv6 may do no more than some addresses', async (t) => {
  const { identities, clock } = await createServiceFixture(t, {
    policy: { registrationsPerHour: 2, passwordsPerMinute: 1, addressesPerSite: 3 },
  })
  const register = (address: string) =>
    identities.register({ username: 'a', password: PASSWORD, csr: 'nonsense' }, address)
  const taken = { code: 'csr_rejected' }
  for (let subnet = 0; subnet < 6; subnet += 1) await t.rejects(register(`2001:db8:1:${subnet}::1`), taken)
  await t.rejects(register('2001:db8:1:ffff::1'), {
    code: 'rate_limited',
    retryAfterMs: 3_600_000,
    message: /At most 6 attempts to register from one \/48 of IPv6 in 60 minutes \(HERMES_ADDRESSES_PER_SITE\)/,
  })
  await t.rejects(register('2001:db8:2::1'), taken, 'another site')
  for (let host = 1; host < 9; host += 1) await t.rejects(register(`192.0.2.${host}`), taken, 'IPv4 has no sites')
  const guess = (subnet: number) => identities.fetchMy({ username: 'a', password: PASSWORD }, `2001:db8:1:${subnet}::1`)
  for (const subnet of [1, 2, 3]) await t.rejects(guess(subnet), { code: 'invalid_credentials' })
  await t.rejects(guess(1), { code: 'rate_limited' })
  await t.rejects(guess(4), { code: 'rate_limited', message: /At most 3 passwords .*HERMES_ADDRESSES_PER_SITE/ })
  clock.milliseconds += 60_000
  await t.rejects(guess(4), { code: 'invalid_credentials' })
})

t.test('what was refused to an address does not count for its site', async (t) => {
  const { identities } = await createServiceFixture(t, { policy: { registrationsPerHour: 1, addressesPerSite: 2 } })
  const register = (address: string) =>
    identities.register({ username: 'a', password: PASSWORD, csr: 'nonsense' }, address)
  await t.rejects(register('2001:db8:1:1::1'), { code: 'csr_rejected' })
  for (let n = 0; n < 5; n += 1)
    await t.rejects(register('2001:db8:1:1::1'), { message: /HERMES_REGISTRATIONS_PER_HOUR/ })
  await t.rejects(register('2001:db8:1:2::1'), { code: 'csr_rejected' })
})

t.test('a full line is busy, and does not count', async (t) => {
  const { identities } = await createServiceFixture(t, {
    policy: { passwordWorkers: 1, passwordQueue: 3, passwordQueuePerAddress: 2 },
  })
  const guess = (address: string) => identities.fetchMy({ username: 'nobody', password: PASSWORD }, address)
  const fromOne = settle(Array.from({ length: 10 }, () => guess('192.0.2.1')))
  const fromOthers = settle(Array.from({ length: 5 }, (_, n) => guess(`192.0.2.${n + 2}`)))
  t.same(await fromOne, { invalid_credentials: 3, busy: 7 }, 'one with the worker and two in line')
  t.same(await fromOthers, { invalid_credentials: 1, busy: 4 }, 'the one place that was left')
  t.same(await settle([guess('192.0.2.1'), guess('192.0.2.1'), guess('192.0.2.1')]), {
    invalid_credentials: 2,
    account_locked: 1,
  })
})

t.test('a hash is renewed when the cost has risen, and only then', async (t) => {
  const { identities, store } = await createServiceFixture(t, { policy: { bcryptCost: 11 } })
  const weaker = bcrypt.hashSync(PASSWORD, 10)
  await identities.register({ username: 'alice', password: PASSWORD, csr: createRequest('alice').csr }, ADDRESS)
  const hashOf = async () => (await store.identities.findIdentity('alice'))?.user.passwordHash ?? ''
  const strong = await hashOf()
  const userId = (await store.identities.findIdentity('alice'))?.user.id ?? 0
  await store.identities.replacePasswordHash(userId, strong, weaker)
  const wrong = { username: 'alice', password: 'wrong password' }
  await t.rejects(identities.fetchMy(wrong, ADDRESS), { code: 'invalid_credentials' })
  t.equal(await hashOf(), weaker)
  const right = { username: 'alice', password: PASSWORD }
  await t.rejects(identities.fetchMy(right, ADDRESS), { code: 'no_private_key' })
  const renewed = await hashOf()
  t.equal(bcrypt.getRounds(renewed), 11)
  await t.rejects(identities.fetchMy(right, ADDRESS), { code: 'no_private_key' })
  t.equal(await hashOf(), renewed)
})

t.test('a disabled account gets nothing, even with its password', async (t) => {
  const { identities } = await createServiceFixture(t, {
    wrap: (store) => ({
      ...store,
      findIdentity: async (username) => {
        const record = await store.findIdentity(username)
        return record && { ...record, user: { ...record.user, disabledAt: new Date() } }
      },
    }),
  })
  const { key, csr } = createRequest('alice')
  const encryptedPrivateKey = lockKey(key, 'another password')
  await identities.register({ username: 'alice', password: PASSWORD, csr, encryptedPrivateKey }, ADDRESS)
  await t.rejects(identities.fetchMy({ username: 'alice', password: PASSWORD }, ADDRESS), { code: 'account_disabled' })
})

t.test('a key that is not that of the certificate is never given out', async (t) => {
  const { identities } = await createServiceFixture(t, {
    // The certificate had another key by the time that its key was looked for.
    wrap: (store) => ({ ...store, takeEscrow: (taking) => store.takeEscrow({ ...taking, spkiHash: '0'.repeat(64) }) }),
  })
  const { key, csr } = createRequest('alice')
  const encryptedPrivateKey = lockKey(key, 'another password')
  await identities.register({ username: 'alice', password: PASSWORD, csr, encryptedPrivateKey }, ADDRESS)
  await t.rejects(identities.fetchMy({ username: 'alice', password: PASSWORD }, ADDRESS), { code: 'no_private_key' })
})

t.test('closing ends what waits', async (t) => {
  const { identities } = await createServiceFixture(t, { policy: { passwordWorkers: 1 } })
  const guesses = Array.from({ length: 3 }, () =>
    identities.fetchMy({ username: 'nobody', password: PASSWORD }, ADDRESS),
  )
  const outcome = settle(guesses)
  await identities.close()
  t.same(await outcome, { invalid_credentials: 1, draining: 2 })
})
