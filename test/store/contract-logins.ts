import type { Test } from 'tap'
import type { LoginPolicy } from '../../src/store/identity-store.js'
import type { Store } from '../../src/store/store.js'
import { T0 } from './fixtures.js'

const MINUTE = 60_000
const POLICY: LoginPolicy = { failures: 5, windowMs: 15 * MINUTE, lockMs: 15 * MINUTE, maxLockMs: 60 * MINUTE }

/** The last store of the contract that counts is at this time, so that each test begins after the others' locks. */
let day = 0

export async function loginContract(t: Test, { identities }: Store): Promise<void> {
  /** A pair of name and address, and the minutes of its own day. */
  function pair(name: string) {
    const start = T0 + ++day * 24 * 60 * MINUTE
    const attempt = { username: name, address: '192.0.2.1' }
    const at = (minutes: number) => new Date(start + minutes * MINUTE)
    const count = (minutes: number) => identities.countAttempt(attempt, at(minutes), POLICY)
    const fail = async (times: number, minutes: number) => {
      for (let i = 0; i < times; i++) if ((await count(minutes)) !== null) return i
      return times
    }
    return { attempt, at, count, fail }
  }

  await t.test('of 256 parallel attempts exactly as many pass as may fail', async (t) => {
    const { at, count } = pair('parallel')
    const answers = await Promise.all(Array.from({ length: 256 }, () => count(0)))
    t.equal(answers.filter((answer) => answer === null).length, POLICY.failures)
    t.same(
      answers.find((answer) => answer !== null),
      at(15),
    )
  })

  await t.test('locks double, up to the longest', async (t) => {
    const { at, count, fail } = pair('doubling')
    for (const [minutes, until] of [
      [0, 15],
      [16, 46],
      [47, 107],
      [108, 168],
    ] as const) {
      t.equal(await fail(6, minutes), 5)
      t.same(await count(minutes), at(until))
    }
  })

  await t.test('failures of a window that is over count no more, nor does a lock long past', async (t) => {
    const { at, count, fail } = pair('windows')
    t.equal(await fail(4, 0), 4)
    t.equal(await fail(5, 15), 5, 'the window is over')
    t.same(await count(29), at(30))
    t.equal(await fail(5, 45), 5, 'a window after the end of the lock')
    t.same(await count(45), at(60), 'so the next lock is a first one')
  })

  await t.test('a right password takes its own attempt back, and no other', async (t) => {
    const { attempt, at, count, fail } = pair('forgiven')
    for (let i = 0; i < 20; i++) {
      t.equal(await count(0), null)
      await identities.forgiveAttempts(attempt)
    }
    t.equal(await fail(5, 0), 5)
    t.same(await count(0), at(15))
    await identities.forgiveAttempts(attempt)
    t.equal(await count(0), null, 'the lock is lifted: four failed')
    t.same(await count(0), at(15), 'and the next failure locks as the first did')
  })

  await t.test('where the clock is set back, no lock lasts longer than it was made for', async (t) => {
    const { at, count, fail } = pair('back')
    t.equal(await fail(6, 0), 5)
    t.same(await count(0), at(15))
    t.same(await count(-60), at(-45))
    t.same(await count(-50), at(-45), 'and not longer with each look')
    t.equal(await fail(6, -44), 5, 'it ends')
    t.same(await count(-44), at(-14), 'and the next doubles it')
  })

  await t.test('where the clock is set back, failures count, and no longer than a window', async (t) => {
    const { fail } = pair('back early')
    t.equal(await fail(4, 0), 4)
    t.equal(await fail(2, -60), 1, 'the fifth locks')
    const other = pair('back late')
    t.equal(await other.fail(3, 0), 3)
    t.equal(await other.fail(1, -60), 1)
    t.equal(await other.fail(5, -45), 5, 'the window is over')
  })

  await t.test('addresses and names count apart', async (t) => {
    const { attempt, at, fail } = pair('apart')
    await fail(5, 0)
    t.equal(await identities.countAttempt({ ...attempt, address: '192.0.2.2' }, at(0), POLICY), null)
    t.equal(await identities.countAttempt({ ...attempt, username: 'apart2' }, at(0), POLICY), null)
  })

  await t.test('no limit, no count', async (t) => {
    const { attempt, at } = pair('unlimited')
    for (let i = 0; i < 20; i++)
      t.equal(await identities.countAttempt(attempt, at(0), { ...POLICY, failures: 0 }), null)
  })
}
