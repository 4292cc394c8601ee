import { setImmediate } from 'node:timers/promises'
import t from 'tap'
import { createRetention } from '../../src/server/retention.js'
import { SILENT } from '../../src/store/logger.js'

const DAY_MS = 24 * 3600 * 1000
const T0 = Date.UTC(2027, 0, 31)

interface Page {
  readonly before: Date
  readonly limit: number
}

/** Retention over a log of so many old messages, with a clock that moves when the test says so. */
function world(messages: number, remove?: () => Promise<number>) {
  const pages: Page[] = []
  const pauses: number[] = []
  const logged: [level: string, details: object][] = []
  let now = T0
  let wake = () => {}
  let left = messages
  const take = async (limit: number) => {
    const taken = Math.min(limit, left)
    left -= taken
    return taken
  }
  const retention = createRetention({
    log: {
      removeMessages(before, limit) {
        pages.push({ before, limit })
        return remove?.() ?? take(limit)
      },
    },
    days: 30,
    believedTime: async () => new Date(now),
    logger: {
      ...SILENT,
      info: (details) => logged.push(['info', details]),
      error: (details) => logged.push(['error', details]),
    },
    sleep: (milliseconds, signal) =>
      new Promise<void>((resolve, reject) => {
        pauses.push(milliseconds)
        const stop = () => reject(new Error('stopped'))
        if (signal.aborted) stop()
        signal.addEventListener('abort', stop)
        wake = () => {
          now += milliseconds
          resolve()
        }
      }),
  })
  const turn = async () => {
    for (let i = 0; i < 5; i++) await setImmediate()
  }
  const pass = async () => {
    wake()
    await turn()
  }
  return { retention, pages, pauses, logged, turn, pass }
}

t.test('pages until there is nothing left, with pauses; an hour later again', async (t) => {
  const { retention, pages, pauses, logged, turn, pass } = world(1200)
  retention.start()
  await turn()
  const before = new Date(T0 - 30 * DAY_MS)
  t.same(pages, [{ before, limit: 500 }])
  t.equal(pauses.length, 1, 'nothing more is removed before the pause is over')
  await pass()
  await pass()
  t.same(
    pages,
    [1, 2, 3].map(() => ({ before, limit: 500 })),
    'one round has one time',
  )
  t.ok(pauses.slice(0, 2).every((pause) => pause > 0 && pause < 1000))
  t.same(pauses.slice(2), [3_600_000])
  t.same(logged, [['info', { removed: 1200, before }]])

  await pass()
  t.same(pages.slice(3), [{ before: new Date(before.getTime() + 3_600_000 + (pauses[0] ?? 0) * 2), limit: 500 }])
  t.equal(logged.length, 1, 'a round that removed nothing says nothing')
  await retention.stop()
  await turn()
  t.equal(pages.length, 4, 'and none after the stop')
})

t.test('a round that fails is tried again at the next', async (t) => {
  const error = new Error('no')
  const { retention, pages, pauses, logged, turn, pass } = world(0, () => Promise.reject(error))
  retention.start()
  await turn()
  t.same(pauses, [3_600_000])
  t.same(logged, [['error', { err: error }]])
  await pass()
  t.equal(pages.length, 2)
  await retention.stop()
})

t.test('a stop waits for the page under way, and no other follows', async (t) => {
  let finish = (_: number) => {}
  const { retention, pages, turn } = world(0, () => new Promise<number>((resolve) => (finish = resolve)))
  retention.start()
  await turn()
  let isStopped = false
  const stopping = retention.stop().then(() => (isStopped = true))
  await turn()
  t.equal(isStopped, false)
  finish(500)
  await stopping
  t.equal(pages.length, 1)
})

t.test('one that was not started can be stopped', async (t) => {
  const { retention, pages } = world(1)
  await retention.stop()
  t.equal(pages.length, 0)
})

t.test('without a clock of the test it waits by itself', async (t) => {
  let pages = 0
  const removeMessages = async () => (++pages < 3 ? 500 : 0)
  const log = { removeMessages }
  const retention = createRetention({ log, days: 7, believedTime: async () => new Date(T0), logger: SILENT })
  retention.start()
  while (pages < 3) await setImmediate()
  await t.resolves(retention.stop(), 'the hour of the next round is not waited for')
})
