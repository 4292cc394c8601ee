import { setImmediate } from 'node:timers/promises'
import t from 'tap'
import { WriteQueue } from '../../src/store/write-queue.js'

t.test('one at a time, in the order of asking', async (t) => {
  const queue = new WriteQueue()
  const seen: string[] = []
  const write = (name: string) => async () => {
    seen.push(`${name} begins`)
    await setImmediate()
    seen.push(`${name} ends`)
    return name
  }
  t.same(await Promise.all(['a', 'b', 'c'].map((name) => queue.run(write(name)))), ['a', 'b', 'c'])
  t.same(seen, ['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends'])
})

t.test('one that fails does not hold up the next', async (t) => {
  const queue = new WriteQueue()
  const failing = queue.run(async () => {
    throw new Error('no')
  })
  const next = queue.run(async () => 'next')
  await t.rejects(failing, { message: 'no' })
  t.equal(await next, 'next')
})

t.test('starts at once when nobody writes', (t) => {
  const queue = new WriteQueue()
  const seen: string[] = []
  queue.enter(() => seen.push('first'))
  queue.enter(() => seen.push('second'))
  t.same(seen, ['first'])
  queue.leave()
  t.same(seen, ['first', 'second'])
  queue.leave()
  queue.enter(() => seen.push('third'))
  t.same(seen, ['first', 'second', 'third'])
  t.end()
})
