import fc from 'fast-check'
import t from 'tap'
import { type BelievedTime, believe, type Claim } from '../../src/store/believed-time.js'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const T0 = Date.UTC(2027, 0, 31)
const GRACE = DAY

const claim = (since: number, seenMs: number): Claim => ({ since, seenMs })
const settled = (believed: number): BelievedTime => ({ believed, claim: null })

/** Nodes over one stored row; their clock is what a test says it is ahead of the time that really passes. */
class World {
  stored = settled(T0)
  passed = 0
  readonly #nodes: ({ time: BelievedTime; at: number } | null)[] = []

  look(node: number, aheadMs: number): BelievedTime {
    const last = this.#nodes[node] ?? null
    const known = last && { time: last.time, elapsedMs: this.passed - last.at }
    this.stored = believe(this.stored, { clock: T0 + this.passed + aheadMs, last: known, graceMs: GRACE })
    this.#nodes[node] = { time: this.stored, at: this.passed }
    return this.stored
  }

  restart(node: number): void {
    this.#nodes[node] = null
  }
}

const node = fc.integer({ min: 0, max: 2 })
const step = fc.record({
  node,
  ms: fc.integer({ min: 0, max: 2 * HOUR }),
  aheadMs: fc.integer({ min: -60 * DAY, max: 60 * DAY }),
  restarts: fc.boolean(),
})

t.test('it is never ahead of the clock, whatever is stored', async () => {
  const time = fc.integer({ min: T0 - 90 * DAY, max: T0 + 90 * DAY })
  const seenMs = fc.integer({ min: 0, max: 2 * DAY })
  const believed = fc.record({ believed: time, claim: fc.option(fc.record({ since: time, seenMs })) })
  const last = fc.option(fc.record({ time: believed, elapsedMs: fc.double({ min: 0, max: 90 * DAY, noNaN: true }) }))
  const look = fc.record({ clock: time, last, graceMs: fc.integer({ min: 0, max: 2 * DAY }) })
  fc.assert(
    fc.property(believed, look, (stored, seen) => {
      const { believed: now } = believe(stored, seen)
      return Number.isInteger(now) && now <= seen.clock
    }),
  )
})

t.test('within the grace it advances no faster than time passes, however many nodes look and clocks jump', async () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const world = new World()
      for (const { node, ms, aheadMs, restarts } of steps) {
        if (world.passed + ms >= GRACE) return true
        world.passed += ms
        if (restarts) world.restart(node)
        if (world.look(node, aheadMs).believed > T0 + world.passed) return false
      }
      return true
    }),
  )
})

t.test('a clock that comes back before the grace is over, again and again, is never believed', async () => {
  const flap = fc.record({ node, looks: fc.integer({ min: 0, max: 10 }), aheadMs: fc.integer({ min: HOUR, max: DAY }) })
  fc.assert(
    fc.property(fc.array(flap, { maxLength: 30 }), (flaps) => {
      const world = new World()
      for (const { node, looks, aheadMs } of flaps) {
        for (let n = 0; n < looks; n += 1) {
          world.passed += 2 * HOUR
          if (world.look(node, 30 * aheadMs).believed > T0 + world.passed) return false
        }
        world.passed += MINUTE
        const { believed, claim } = world.look(node, 0)
        if (believed > T0 + world.passed || (claim !== null && claim.since > T0 + world.passed)) return false
      }
      return true
    }),
  )
})

t.test('a clock that stays ahead is believed in the end, though processes end and begin', async () => {
  const run = fc.integer({ min: 2, max: 600 })
  fc.assert(
    fc.property(fc.array(run, { minLength: 1, maxLength: 20 }), fc.integer({ min: 0, max: 60 * DAY }), (runs, off) => {
      const world = new World()
      let minutes = 0
      for (let n = 0; minutes <= GRACE / MINUTE; n += 1) {
        world.restart(0)
        world.look(0, off)
        const length = runs[n % runs.length] ?? 2
        for (let minute = 0; minute < length; minute += 1) {
          world.passed += MINUTE
          world.look(0, off)
        }
        minutes += length
      }
      return world.stored.believed >= T0 + off
    }),
    { numRuns: 30 },
  )
})

t.test('several nodes believe no sooner than one', async () => {
  fc.assert(
    fc.property(fc.array(node, { maxLength: 200 }), (nodes) => {
      const world = new World()
      for (const each of nodes) {
        world.passed += 10 * MINUTE
        world.look(each, 40 * DAY)
        if (world.passed < GRACE && world.stored.believed > T0 + world.passed) return false
      }
      return true
    }),
  )
})

t.test('a jump, the grace, and what came to be believed', async (t) => {
  const world = new World()
  t.same(world.look(0, 0), settled(T0))
  world.passed = HOUR
  const since = T0 + HOUR + 40 * DAY
  t.same(world.look(0, 40 * DAY), { believed: T0 + HOUR, claim: claim(since, 0) })
  world.passed = DAY
  t.same(world.look(0, 40 * DAY), { believed: T0 + DAY, claim: claim(since, 23 * HOUR) })
  world.passed = DAY + HOUR
  t.same(world.look(0, 40 * DAY), settled(since + DAY))
  world.passed = 2 * DAY
  t.same(world.look(0, 40 * DAY), settled(T0 + 42 * DAY), 'and goes on')
})

t.test('a clock that is set right is believed at once, and what was ahead is forgotten', async (t) => {
  const world = new World()
  world.stored = settled(T0 + 40 * DAY)
  t.same(world.look(0, 0), settled(T0))
  t.same(world.look(1, 40 * DAY), { believed: T0, claim: claim(T0 + 40 * DAY, 0) }, 'another node was not asked before')
})

t.test('a node that knew a later time does not bring it back', async (t) => {
  const world = new World()
  world.stored = settled(T0 + 40 * DAY)
  t.same(world.look(0, 40 * DAY), settled(T0 + 40 * DAY))
  t.same(world.look(1, 0), settled(T0))
  t.same(world.look(0, 40 * DAY), { believed: T0, claim: claim(T0 + 40 * DAY, 0) })
})

t.test('a clock that is slewed goes on with its claim; one set back further begins another', async (t) => {
  const world = new World()
  const since = T0 + 40 * DAY
  world.look(0, 40 * DAY)
  world.passed = HOUR
  t.same(world.look(0, 40 * DAY - 9 * MINUTE).claim, claim(since, HOUR))
  t.same(world.look(0, 40 * DAY - 11 * MINUTE).claim, claim(since + HOUR - 11 * MINUTE, 0))
})

t.test('without a grace the clock is believed at once', async (t) => {
  const ahead = T0 + 40 * DAY
  t.same(believe(settled(T0), { clock: ahead, last: null, graceMs: 0 }), settled(ahead))
})
