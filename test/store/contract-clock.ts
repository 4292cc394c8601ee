import type { Test } from 'tap'
import type { BelievedTime } from '../../src/store/believed-time.js'
import type { OpenStore } from './contract.js'
import { registered, T0 } from './fixtures.js'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const graceMs = DAY

/** What time is believed, in one row for all processes. */
export async function clockContract(t: Test, open: OpenStore): Promise<void> {
  await t.test('an empty database believes the clock', async (t) => {
    const { clock } = await open(t)
    t.same(await clock.look({ clock: T0, last: null, graceMs }), { believed: T0, claim: null })
  })

  await t.test('in one that no program kept a time in, what was stored last bears witness', async (t) => {
    const store = await open(t)
    await registered(store)
    const ahead = T0 + 40 * DAY
    const doubted = { believed: T0, claim: { since: ahead, seenMs: 0 } }
    t.same(await store.clock.look({ clock: ahead, last: null, graceMs }), doubted)
  })

  await t.test('what is believed is kept, and a claim goes on in the next process', async (t) => {
    const { clock } = await open(t)
    await clock.look({ clock: T0, last: null, graceMs })
    const since = T0 + 40 * DAY
    let time: BelievedTime = await clock.look({ clock: since, last: null, graceMs })
    for (let hour = 1; hour <= 12; hour += 1)
      time = await clock.look({ clock: since + hour * HOUR, last: { time, elapsedMs: HOUR }, graceMs })
    t.same(time, { believed: T0 + 12 * HOUR, claim: { since, seenMs: 12 * HOUR } })
    time = await clock.look({ clock: since + 20 * HOUR, last: null, graceMs })
    t.same(time, { believed: T0 + 12 * HOUR, claim: { since, seenMs: 12 * HOUR } }, 'that it was off was not seen')
    const last = { time, elapsedMs: 12 * HOUR }
    t.same(await clock.look({ clock: since + 32 * HOUR, last, graceMs }), { believed: since + DAY, claim: null })
  })

  await t.test('an operator confirms the clock, which is written down', async (t) => {
    const { clock, audit } = await open(t)
    const [now, ahead] = [new Date(T0), new Date(T0 + 40 * DAY)]
    t.equal(await clock.confirm({ clock: now, at: now }), null, 'nothing was believed yet')
    await clock.look({ clock: ahead.getTime(), last: null, graceMs })
    t.same(await clock.confirm({ clock: ahead, at: now }), now)
    const time = await clock.look({ clock: ahead.getTime() + 1, last: null, graceMs })
    t.same(time, { believed: ahead.getTime(), claim: { since: ahead.getTime() + 1, seenMs: 0 } })
    const rows = await audit.listAudit({ subject: null, after: 0, limit: 10 })
    t.same(
      rows.map(({ actor, action, subject, details }) => [actor, action, subject, JSON.parse(details)]),
      [
        ['@operator', 'confirm-clock', '@server', { clock: now.toISOString() }],
        ['@operator', 'confirm-clock', '@server', { clock: ahead.toISOString(), believed: now.toISOString() }],
      ],
    )
  })
}
