import fc from 'fast-check'
import t from 'tap'
import { Random } from '../../chaos/random.js'

const draw = (random: Random) => Array.from({ length: 20 }, () => random.int(0, 1_000_000))

t.test('the same seed decides the same, whatever others draw from their own streams', async () => {
  fc.assert(
    fc.property(fc.nat(), fc.nat(20), (seed, others) => {
      const [one, other] = [new Random(seed), new Random(seed)]
      const [own, ownOfOther] = [one.fork(), other.fork()]
      for (let drawn = 0; drawn < others; drawn += 1) one.int(0, 1)
      t.same(draw(own), draw(ownOfOther))
    }),
    { numRuns: 20 },
  )
})

t.test('what has no weight is never picked, and nothing is picked from nothing', async (t) => {
  const random = new Random(1)
  const picked = Array.from({ length: 100 }, () => random.weighted({ never: 0, often: 2, seldom: 1 }))
  t.same(new Set(picked), new Set(['often', 'seldom']))
  t.equal(random.pick([]), null)
})
