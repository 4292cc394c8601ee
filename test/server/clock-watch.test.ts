import t from 'tap'
import { ClockWatch } from '../../src/server/clock-watch.js'
import { type BelievedTime, believe } from '../../src/store/believed-time.js'
import type { ClockStore } from '../../src/store/clock-store.js'
import { SILENT } from '../../src/store/logger.js'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const T0 = Date.UTC(2027, 0, 31)

/** A watch over a store in memory; `ahead` is how far the clocks of the node and of the database are. */
function world(graceHours = 24, isShared = false) {
  const ahead = { node: 0, database: 0 }
  const told: [level: string, believed: string, sentence: string][] = []
  let passed = 0
  let stored: BelievedTime = { believed: T0, claim: null }
  const clock: ClockStore = {
    read: async () => (isShared ? new Date(T0 + passed + ahead.database) : null),
    look: async (look) => {
      stored = believe(stored, look)
      return stored
    },
    confirm: async () => null,
  }
  const tell = (level: string) => (details: object, sentence: string) => {
    told.push([level, (details as { believed: Date }).believed.toISOString(), sentence])
  }
  const watch = new ClockWatch({
    clock,
    now: () => new Date(T0 + passed + ahead.node),
    monotonic: () => passed,
    graceHours,
    logger: { ...SILENT, info: tell('info'), warn: tell('warn') },
  })
  /** What is believed after so long. */
  const after = async (ms: number) => {
    passed += ms
    return (await watch.look()).getTime() - T0
  }
  return { ahead, told, watch, after }
}

t.test('a clock that goes ahead is not followed before the grace is over, and that is told once', async (t) => {
  const { ahead, told, watch, after } = world()
  t.equal(await after(0), 0)
  t.equal(await after(HOUR), HOUR)
  ahead.node = 40 * DAY
  t.equal(await after(MINUTE), HOUR + MINUTE)
  t.equal(watch.aheadMs, 40 * DAY)
  t.equal(await after(DAY - MINUTE), HOUR + DAY)
  t.match(told, [['warn', new Date(T0 + HOUR + MINUTE).toISOString(), /hermes admin confirm-clock.*after 24 hours/]])
  t.equal(told.length, 1)
  t.equal(await after(MINUTE), HOUR + DAY + MINUTE + 40 * DAY, 'then it is')
  t.equal(watch.aheadMs, 0)
  t.match(told[1], ['info', String, /believed again/])
})

t.test('a clock that is set right is followed at once, and nothing was lost', async (t) => {
  const { ahead, told, after } = world()
  await after(0)
  ahead.node = 40 * DAY
  t.equal(await after(MINUTE), MINUTE)
  ahead.node = 0
  t.equal(await after(MINUTE), 2 * MINUTE)
  t.same(
    told.map(([level]) => level),
    ['warn', 'info'],
  )
})

t.test('a little is not told', async (t) => {
  const { ahead, told, watch, after } = world()
  ahead.node = HOUR
  t.equal(await after(0), 0)
  t.equal(watch.aheadMs, HOUR)
  t.same(told, [])
})

t.test('where another machine has the database, both clocks must say so', async (t) => {
  const { ahead, told, watch, after } = world(24, true)
  await after(0)
  ahead.node = 40 * DAY
  t.equal(await after(HOUR), HOUR)
  t.equal(await after(2 * DAY), 2 * DAY + HOUR, 'of a node alone, never')
  t.equal(watch.aheadMs, 40 * DAY)
  t.match(told, [['warn', String, /ahead of the database's/]])
  ahead.node = -HOUR
  t.equal(await after(0), 2 * DAY, 'of a node that is behind nothing is taken early')
  ahead.node = 0
  ahead.database = 40 * DAY
  t.equal(await after(2 * DAY), 4 * DAY + HOUR)
  t.equal(await after(2 * DAY), 6 * DAY + HOUR, 'nor of the database alone, when it came to be believed')
})

t.test('without a grace the clock of the node is taken as it is', async (t) => {
  const { ahead, told, watch, after } = world(0, true)
  ahead.node = 40 * DAY
  t.equal(await after(0), 40 * DAY)
  t.equal(watch.aheadMs, 0)
  t.same(told, [])
})

t.test('by itself it goes by the clocks of the process', async (t) => {
  const looks: (number | undefined)[] = []
  const clock: ClockStore = {
    read: async () => null,
    look: async ({ last, clock: believed }) => {
      looks.push(last?.elapsedMs)
      return { believed, claim: null }
    },
    confirm: async () => null,
  }
  const watch = new ClockWatch({ clock, now: () => new Date(T0), graceHours: 24, logger: SILENT })
  t.equal((await watch.look()).getTime(), T0)
  await watch.look()
  t.equal(looks[0], undefined)
  t.ok(Number(looks[1]) >= 0)
})
