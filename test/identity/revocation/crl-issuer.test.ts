import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout } from 'node:timers/promises'
import t from 'tap'
import type { Crl, CrlIssuer } from '../../../src/identity/revocation/crl-issuer.js'
import { isCrlOf, parseCrl } from '../../../src/pki/crl.js'
import { elementsOf } from '../../../src/pki/der.js'
import { T0 } from '../../store/fixtures.js'
import { createWorld, DAY, hierarchy } from './issuing.js'

const HOUR = 3_600_000
const MANY = 10_000

/** Serial numbers in a CRL that is good. */
function serials(der: Uint8Array): readonly string[] {
  const crl = parseCrl(der)
  if (!isCrlOf(crl, hierarchy.users)) throw new Error('it is not signed by the users CA')
  return elementsOf(crl.tbs.entries ?? Buffer.of()).map(({ content }) =>
    Buffer.from(elementsOf(content)[0]?.content ?? []).toString('hex'),
  )
}

t.test('a CRL lists what is revoked as of its making, and is made again when that changes', async (t) => {
  const world = await createWorld(t)
  const issuer = world.issuer()
  const [good = '', revoked = ''] = world.issue({}, { revokedAt: T0 - 1, reason: 'keyCompromise' })
  const first = await issuer.current()
  t.same(serials(first.der), [revoked])
  t.equal(first.number, T0 / 1000, 'the seconds of its making')
  t.equal(first.thisUpdate.getTime(), T0 - 60_000)
  t.equal(first.nextUpdate.getTime(), T0 + DAY)
  t.equal(await issuer.current(), first, 'the same, byte for byte')

  world.revoke(good, T0, 'cessationOfOperation')
  const second = await issuer.current()
  t.same(serials(second.der), [good, revoked])
  t.equal(second.number, T0 / 1000 + 1, 'greater, in the same second too')
  t.equal((await issuer.current()).number, second.number)
  t.equal((await world.issuer().current()).number, T0 / 1000 + 2, 'and after another start')
})

t.test('time alone makes a CRL new: supersession, and half of its life', async (t) => {
  const world = await createWorld(t)
  const issuer = world.issuer()
  const [superseded = ''] = world.issue({ supersededAt: T0 + 600_000 })
  const before = await issuer.current()
  t.same(serials(before.der), [])
  world.clock.now = T0 + 599_999
  t.equal(await issuer.current(), before)
  world.clock.now = T0 + 600_000
  const after = await issuer.current()
  t.same(serials(after.der), [superseded])
  world.clock.now += 12 * HOUR - 1
  t.equal(await issuer.current(), after)
  world.clock.now += 1
  const fresh = await issuer.current()
  t.ok(fresh.number > after.number)
  t.same(serials(fresh.der), [superseded])
})

t.test('an entry leaves only after a CRL that was made past the end of its certificate', async (t) => {
  const world = await createWorld(t)
  const issuer = world.issuer()
  const [revoked = ''] = world.issue({ revokedAt: T0, notAfter: T0 + DAY })
  const listed = async (at: number, by = issuer) => {
    world.clock.now = at
    return serials((await by.current()).der).includes(revoked)
  }
  t.ok(await listed(T0))
  t.ok(await listed(T0 + 30 * DAY), 'nobody asked for one since: this is the first past the end')
  t.ok(await listed(T0 + 30 * DAY + 1), 'it is still the same')
  t.notOk(await listed(T0 + 31 * DAY))
  t.notOk(await listed(T0 + 32 * DAY, world.issuer()), 'after another start')
  t.ok(await listed(T0 + DAY / 2), 'the clock was set back: it is not expired')
})

t.test('a CRL that failed is made when it is asked for again', async (t) => {
  const world = await createWorld(t)
  let failing = true
  const store = {
    ...world.revocations,
    listRevoked: (...args: Parameters<typeof world.revocations.listRevoked>) =>
      failing ? Promise.reject(new Error('no table')) : world.revocations.listRevoked(...args),
  }
  const issuer = world.issuer({ store })
  await t.rejects(issuer.current(), /no table/)
  failing = false
  t.same(serials((await issuer.current()).der), [])
})

t.test('two processes never give the same number to two CRLs', async (t) => {
  const world = await createWorld(t)
  const [one, other] = [world.issuer(), world.issuer()]
  const numbers = new Set<number>()
  for (let i = 0; i < 5; i++) {
    world.issue({ revokedAt: T0 })
    for (const { number } of await Promise.all([one.current(), other.current()])) numbers.add(number)
  }
  t.equal(numbers.size, 10)
})

t.test('whoever asks after a revocation sees it, however often others ask', async (t) => {
  const world = await createWorld(t)
  const paceMs = 50
  const issuer = world.issuer({ paceMs })
  const begun = performance.now()
  const numbers = new Set<number>()
  for (let i = 0; i < 10; i++) {
    const [revoked = ''] = world.issue({ revokedAt: T0 })
    const asked = [issuer.current(), issuer.current(), setTimeout(5).then(() => issuer.current())]
    for (const crl of await Promise.all(asked)) {
      numbers.add(crl.number)
      t.ok(serials(crl.der).includes(revoked))
    }
  }
  const spent = performance.now() - begun
  // Timers may fire a millisecond early.
  t.ok(numbers.size <= spent / (paceMs - 1) + 1, `${numbers.size} CRLs in ${spent} ms, ${paceMs} ms apart`)
})

t.test('who asks while a CRL is being made gets one that was begun after he asked', async (t) => {
  const world = await createWorld(t)
  let late: { readonly revoked: string; readonly crl: Promise<Crl> } | null = null
  const store = {
    ...world.revocations,
    listRevoked: async (...args: Parameters<typeof world.revocations.listRevoked>) => {
      const page = await world.revocations.listRevoked(...args)
      if (late === null) {
        const [revoked = ''] = world.issue({ revokedAt: T0 })
        late = { revoked, crl: issuer.current() }
      }
      return page
    },
  }
  const issuer: CrlIssuer = world.issuer({ store })
  await issuer.current()
  const asked = late as { readonly revoked: string; readonly crl: Promise<Crl> } | null
  t.ok(asked && serials((await asked.crl).der).includes(asked.revoked))
})

t.test('ten thousand entries are made a CRL without holding the event loop', async (t) => {
  const world = await createWorld(t)
  const issuer = world.issuer()
  const reasons = ['keyCompromise', 'superseded', null]
  world.issue(...Array.from({ length: MANY }, (_, i) => ({ revokedAt: T0 - i, reason: reasons[i % 3] ?? null })))
  await world.issuer().current() // The code is compiled, and Prisma loaded.
  const first = await watched(() => issuer.current())
  const [another = ''] = world.issue({ revokedAt: T0 })
  const second = await watched(() => issuer.current())
  t.equal(serials(first.result.der).length, MANY)
  t.ok(serials(second.result.der).includes(another))
  for (const { turns } of [first, second]) t.ok(turns >= MANY / 200, `others had their turn ${turns} times`)
  t.comment(`held for ${first.held} ms at most, and ${second.held} ms with the entries kept`)
})

/** What `act` answers, how often the event loop turned meanwhile, and for how many milliseconds it was held at most. */
async function watched<T>(act: () => Promise<T>): Promise<{ result: T; turns: number; held: number }> {
  const delays = monitorEventLoopDelay({ resolution: 1 })
  let [turns, ended] = [0, false]
  const turn = () => {
    turns++
    if (!ended) setImmediate(turn)
  }
  delays.enable()
  turn()
  const result = await act()
  ended = true
  await setTimeout(5)
  delays.disable()
  return { result, turns, held: delays.max / 1e6 }
}
