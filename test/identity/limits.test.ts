import fc from 'fast-check'
import t from 'tap'
import { AccountDelay } from '../../src/identity/account-delay.js'
import { addressKey } from '../../src/identity/address.js'
import { AddressLimit } from '../../src/identity/address-limit.js'
import { normalizeGuess, normalizeNewPassword } from '../../src/identity/password.js'
import { normalizePem } from '../../src/identity/pem-text.js'
import { createTurns } from '../../src/identity/turns.js'
import { NewPassword } from '../../src/wire/identity.js'

t.test('addresses are counted by /64', async (t) => {
  const cases: readonly [string, string][] = [
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:0DB8:0000:0000:1:2:3:4', '2001:db8:0:0::/64'],
    ['2001:db8:0:1::', '2001:db8:0:1::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['64:ff9b::192.0.2.1', '64:ff9b:0:0::/64'],
    ['1:2:3:4:5:6:7::', '1:2:3:4::/64'],
    ['nonsense', 'unknown'],
    ['', 'unknown'],
  ]
  for (const [address, key] of cases) t.equal(addressKey(address), key, address)
})

t.test('the last 64 bits never matter', async () => {
  const half = fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 4, maxLength: 4 })
  fc.assert(
    fc.property(half, half, half, (prefix, one, other) => {
      const text = (groups: readonly number[]) => groups.map((group) => group.toString(16)).join(':')
      return addressKey(text([...prefix, ...one])) === addressKey(text([...prefix, ...other]))
    }),
  )
})

t.test('a limit counts by address and window', async (t) => {
  let now = 0
  const clock = () => now
  const limit = new AddressLimit({ what: 'things', variable: 'HERMES_THINGS', max: 2, windowMs: 60_000, clock })
  limit.take('a')
  now = 10_000
  limit.take('a')
  now = 20_000.5
  t.throws(() => limit.take('a'), { code: 'rate_limited', retryAfterMs: 40_000, message: /2 things.*HERMES_THINGS/ })
  limit.take('b')
  now = 60_000
  limit.take('a')
  const none = new AddressLimit({ what: 'things', variable: 'HERMES_THINGS', max: 0, windowMs: 60_000, clock })
  for (let n = 0; n < 1000; n++) none.take('a')
})

t.test('an account is slowed by the failures of other addresses, up to a minute', async (t) => {
  let now = 0
  const delay = new AccountDelay(5, () => now)
  for (let n = 0; n < 100; n++) t.equal(delay.begin('alice', 'a').delayMs, 0, 'its own are the business of the lock')
  const delays = ['b', 'c', 'd'].flatMap((address) =>
    Array.from({ length: 5 }, () => delay.begin('alice', address).delayMs),
  )
  t.same(delays, [0, 0, 0, 0, 0, 1000, 1000, 1000, 1000, 1000, 32_000, 32_000, 32_000, 32_000, 32_000])
  t.equal(delay.begin('alice', 'e').delayMs, 60_000)
  t.equal(delay.begin('bob', 'e').delayMs, 0)
  now = 15 * 60_000
  t.equal(delay.begin('alice', 'f').delayMs, 0)
})

t.test('attempts that are taken back slow nobody', async (t) => {
  const delay = new AccountDelay(5, () => 0)
  for (let n = 0; n < 100; n++) delay.begin('alice', `address ${n}`).forgive()
  t.equal(delay.begin('alice', 'another').delayMs, 0)
  const off = new AccountDelay(0, () => 0)
  for (let n = 0; n < 100; n++) t.equal(off.begin('alice', `address ${n}`).delayMs, 0)
})

t.test('a new password is normalised or refused, and what the schema takes is hashed whole', async (t) => {
  t.equal(normalizeNewPassword('e\u0301'.repeat(12)), '\u00e9'.repeat(12))
  for (const password of [
    'short',
    'x'.repeat(73),
    `${'x'.repeat(20)}\0`,
    '\u{1f600}'.repeat(19),
    `\ud800${'x'.repeat(20)}`,
  ])
    t.throws(() => normalizeNewPassword(password), { code: 'invalid_request', errors: [{ path: 'password' }] })
  t.equal(normalizeNewPassword('\u{1f600}'.repeat(18)), '\u{1f600}'.repeat(18))
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 80 }), (password) => {
      const accepted = NewPassword.safeParse(password).success
      const guess = normalizeGuess(password)
      if (!accepted) return true
      return guess !== null && guess === normalizeNewPassword(password) && Buffer.byteLength(guess) <= 72
    }),
  )
})

t.test('a new password that would take minutes to normalise is refused before that', async (t) => {
  // Marks out of order: sorting them costs the square of their number.
  const { success, error } = NewPassword.safeParse(`a${'\u0315\u0316'.repeat(300_000)}`)
  t.notOk(success)
  t.match(error?.issues, [{ message: /at most 72 bytes/ }])
  t.ok(NewPassword.safeParse('\u03b1\u0313\u0300\u0345'.repeat(24)).success, 'though it is decomposed')
})

t.test('PEM loses its carriage returns alone', async (t) => {
  t.equal(normalizePem('a\r\nb\r\n\r\n'), 'a\nb\n')
  t.equal(normalizePem('a\nb'), 'a\nb\n')
})

t.test('turns of one key do not overlap, those of others do', async (t) => {
  const takeTurn = createTurns()
  const events: string[] = []
  const task = (key: string, name: string) =>
    takeTurn(key, async () => {
      events.push(`${name} begins`)
      await new Promise((resolve) => setImmediate(resolve))
      events.push(`${name} ends`)
      if (name === 'first') throw new Error('first fails')
      return name
    })
  const results = await Promise.allSettled([task('a', 'first'), task('a', 'second'), task('b', 'other')])
  t.same(
    results.map(({ status }) => status),
    ['rejected', 'fulfilled', 'fulfilled'],
  )
  t.same(
    events.filter((event) => !event.startsWith('other')),
    ['first begins', 'first ends', 'second begins', 'second ends'],
  )
  t.ok(events.indexOf('other begins') < events.indexOf('first ends'))
})
