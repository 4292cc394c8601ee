import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import { Share } from '../../../src/server/hub/share.js'

/** A share, and how often it was regained. */
function shared() {
  const counts = { regained: 0 }
  const share = new Share(() => {
    counts.regained += 1
  })
  return { share, counts }
}

t.test('eight frames, and then others have their turn', async (t) => {
  const { share, counts } = shared()
  for (let frame = 0; frame < 8; frame += 1) {
    t.notOk(share.isSpent)
    share.take()
  }
  t.ok(share.isSpent)
  await turn()
  t.notOk(share.isSpent)
  t.equal(counts.regained, 1)
})

t.test('sixteen requests may wait for their answers', async (t) => {
  const { share, counts } = shared()
  for (let request = 0; request < 16; request += 1) {
    t.notOk(share.isSpent)
    share.begin()
  }
  t.ok(share.isSpent)
  share.end()
  share.end()
  t.notOk(share.isSpent)
  await turn()
  t.equal(counts.regained, 1, 'once is enough')
  share.end()
  await turn()
  t.equal(counts.regained, 1, 'nobody waits')
})
