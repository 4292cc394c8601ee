import t from 'tap'
import { HermesError } from '../../src/errors.js'
import { Devices } from '../../src/hub/devices.js'
import { RateLimiter } from '../../src/hub/rate-limiter.js'
import { RequestLocks } from '../../src/hub/request-locks.js'
import { memberStatus, refusalOf } from '../../src/hub/standing.js'
import type { DeviceRecord, IdentityRecord } from '../../src/store/records.js'
import { MemoryLog } from './memory-log.js'
import { settled } from './queue-fixture.js'

t.test('a user may spend a burst, then so many a second', async (t) => {
  let now = 1000
  const limiter = new RateLimiter(10, 3, () => now)
  t.same(
    [1, 2, 3].map(() => limiter.take(7)),
    [0, 0, 0],
  )
  t.equal(limiter.take(7), 100)
  t.equal(limiter.take(8), 0, 'each user has his own')
  now += 99.5
  t.equal(limiter.take(7), 1, 'what had to wait counted for nothing')
  now += 0.5
  t.equal(limiter.take(7), 0)
  t.equal(limiter.take(7), 100)
  now += 10_000
  t.same(
    [1, 2, 3, 4].map(() => limiter.take(7)),
    [0, 0, 0, 100],
    'idling saves up no more than the burst',
  )
})

t.test('no limit is no limit', async (t) => {
  const limiter = new RateLimiter(0, 0, () => 0)
  for (let n = 0; n < 1000; n += 1) if (limiter.take(1) !== 0) t.fail('refused')
})

t.test('requests of one id run one at a time, in order', async (t) => {
  const locks = new RequestLocks()
  const order: string[] = []
  const run = async (name: string, userId: number, requestId: string) => {
    const release = await locks.acquire(userId, requestId)
    order.push(`${name} in`)
    await settled()
    order.push(`${name} out`)
    release()
    release()
  }
  await Promise.all([run('a', 1, 'x'), run('b', 1, 'x'), run('c', 1, 'x')])
  t.same(order, ['a in', 'a out', 'b in', 'b out', 'c in', 'c out'])
  order.length = 0
  await Promise.all([run('a', 1, 'x'), run('b', 2, 'x'), run('c', 1, 'y')])
  t.same(order.slice(0, 3), ['a in', 'b in', 'c in'], 'others do not wait')
})

t.test('a device is opened once for many requests, and again when that failed', async (t) => {
  const log = new MemoryLog()
  let opened = 0
  log.openDevice = async (): Promise<DeviceRecord> => {
    opened += 1
    if (opened === 1) throw new HermesError('quota_exceeded')
    return { id: opened, userId: 1, name: 'laptop' }
  }
  const devices = new Devices(log, 16, () => new Date(0))
  await t.rejects(devices.open(1, 'laptop'), { code: 'quota_exceeded' })
  const [first, second] = await Promise.all([devices.open(1, 'laptop'), devices.open(1, 'laptop')])
  t.equal(first, second)
  t.equal((await devices.open(1, 'phone')).id, 3)
  t.equal((await devices.open(2, 'laptop')).id, 4)
})

t.test('a certificate is good until the first thing against it', async (t) => {
  const record = (user: object, certificate: object) =>
    ({
      user: { disabledAt: null, deletedAt: null, ...user },
      certificate: { revokedAt: null, supersededAt: null, notAfter: new Date(100), ...certificate },
    }) as IdentityRecord
  const then = new Date(50)
  const all = { revokedAt: then, supersededAt: then }
  const cases = [
    [record({}, {}), null, 'valid'],
    [record({}, { notAfter: then }), 'certificate_expired', 'expired'],
    [record({}, { supersededAt: new Date(51) }), null, 'valid'],
    [record({}, { supersededAt: then, notAfter: then }), 'certificate_superseded', 'revoked'],
    [record({}, all), 'certificate_revoked', 'revoked'],
    [record({ disabledAt: then }, all), 'account_disabled', 'disabled'],
    [record({ deletedAt: then }, {}), 'account_disabled', 'disabled'],
  ] as const
  for (const [one, refusal, status] of cases) {
    t.equal(refusalOf(one, 50), refusal)
    t.equal(memberStatus(one, 50), status)
  }
})
