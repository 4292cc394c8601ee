import t from 'tap'
import type { Signal, StandingChange, Wake } from '../../src/bus/bus.js'
import { createInProcessBus } from '../../src/bus/in-process.js'

const wake: Wake = { conversationId: 1, uuid: 'u', seq: 1, type: 'message', body: '{}', userId: null, origin: null }
const standing: StandingChange = { userId: 7 }
const signal: Signal = { conversationId: 1, body: '{}', origin: 's' }

t.test('listeners hear of everything in order, before publish returns', async (t) => {
  const bus = createInProcessBus()
  const heard: unknown[] = []
  const listen = (name: string) =>
    bus.subscribe({
      wake: ({ seq }) => heard.push(`${name} ${seq}`),
      signal: ({ body }) => heard.push(`${name} ${body}`),
      standing: ({ userId }) => heard.push(`${name} user ${userId}`),
    })
  const end = listen('a')
  listen('b')
  bus.publish(wake)
  bus.publish({ ...wake, seq: 2 })
  bus.signal(signal)
  bus.standing(standing)
  t.same(heard, ['a 1', 'b 1', 'a 2', 'b 2', 'a {}', 'b {}', 'a user 7', 'b user 7'])
  end()
  end()
  bus.publish({ ...wake, seq: 3 })
  t.same(heard.slice(8), ['b 3'])
})

t.test('without listeners nothing happens', async (t) => {
  const bus = createInProcessBus()
  t.doesNotThrow(() => bus.publish(wake))
  t.doesNotThrow(() => bus.signal(signal))
  t.doesNotThrow(() => bus.standing(standing))
})

t.test('a listener may end itself or begin another while it hears', async (t) => {
  const bus = createInProcessBus()
  const heard: string[] = []
  const end = bus.subscribe({
    wake: () => {
      heard.push('once')
      end()
    },
    signal: () => {},
    standing: () => {},
  })
  bus.subscribe({ wake: () => heard.push('always'), signal: () => {}, standing: () => {} })
  bus.publish(wake)
  bus.publish(wake)
  t.same(heard, ['once', 'always', 'always'])
})
