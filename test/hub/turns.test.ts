import t from 'tap'
import { Turns } from '../../src/hub/turns.js'

/** Counts turns of the event loop until `work` is done. */
async function whileCounting<T>(work: (turn: () => number) => Promise<T>): Promise<T> {
  let turn = 0
  let isDone = false
  const count = () => {
    turn += 1
    if (!isDone) setImmediate(count)
  }
  setImmediate(count)
  try {
    return await work(() => turn)
  } finally {
    isDone = true
  }
}

t.test('each has a turn of the event loop to itself', async (t) => {
  const turns = new Turns()
  const taken = await whileCounting((turn) =>
    Promise.all(Array.from({ length: 20 }, (_, n) => turns.take(n % 3).then(turn))),
  )
  t.equal(new Set(taken).size, 20)
})

t.test('a user who asks for one waits for one of each other, not for all that they asked for', async (t) => {
  const turns = new Turns()
  const order: string[] = []
  const ask = (name: string, userId: number) => turns.take(userId).then(() => void order.push(name))
  const many = Array.from({ length: 50 }, (_, n) => ask(`a${n}`, 1))
  const few = ask('b', 2)
  await few
  t.ok(order.length <= 3, order.join())
  await Promise.all(many)
  t.same(
    order.filter((name) => name !== 'b'),
    Array.from({ length: 50 }, (_, n) => `a${n}`),
    'his own in the order he asked',
  )
})
