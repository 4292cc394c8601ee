import fc from 'fast-check'
import t from 'tap'
import { check } from '../../chaos/check/check.js'
import { RULES } from '../../chaos/check/violation.js'
import { EVENT_DEFECTS } from './defects/events.js'
import { STANDING_DEFECTS } from './defects/standing.js'
import { goodHistory } from './good-history.js'

const PLACES_TRIED = 25
const DEFECTS = [...EVENT_DEFECTS, ...STANDING_DEFECTS]
const good = await goodHistory()

t.test('nothing is wrong with a good history', async (t) => {
  t.same(await check(good), [])
})

for (const { what, rule, plant } of DEFECTS)
  t.test(`${what} is found, wherever it is, and nothing else: ${rule}`, async (t) => {
    const places = plant(good)
    t.ok(places.length > 0, 'it can be somewhere')
    const isFound = fc.asyncProperty(fc.nat(places.length - 1), async (place) => {
      const history = places[place]?.() ?? good
      const found = await check(history)
      const others = found.filter((violation) => violation.rule !== rule)
      if (found.length === 0 || others.length > 0) throw new Error(JSON.stringify(found.slice(0, 5)))
    })
    await fc.assert(isFound, { numRuns: Math.min(places.length, PLACES_TRIED) })
  })

t.test('what is broken between hubs delays the news of a revocation, and nothing else does', async (t) => {
  const late = STANDING_DEFECTS.find(({ what }) => what === 'a connection under a revoked certificate')?.plant(good)
  const [history] = late?.map((plant) => plant()) ?? []
  if (!history) throw new Error('there is no such defect')
  const fault = { kind: 'fault', fault: 'nats-stop', target: 'nats', since: 0, t: Number.MAX_SAFE_INTEGER } as const
  const broken = (delaysNews: boolean) => check({ ...history, run: [...history.run, { ...fault, delaysNews }] })
  t.same(await broken(true), [])
  t.match(await broken(false), [{ rule: 'revocation' }])
})

t.test('there is a defect for every rule', async (t) => {
  t.same(new Set(DEFECTS.map(({ rule }) => rule)), new Set(Object.keys(RULES)))
})
