import t from 'tap'
import { type CONVERSATION, leave } from '../conversation/world.js'
import { acknowledge, events, settled, World } from './world.js'

t.test('what there is comes first, then synced once, then events as they happen', async (t) => {
  const w = await World.begun()
  w.say('alice', 2)
  const a = await w.connect('alice')
  t.same(a.sink.trace, [...events(1, 3), 'synced'])
  w.say('alice')
  t.same(a.sink.trace, [...events(1, 3), 'synced', 'event 4'], 'in the turn of its commit')
  acknowledge(a, 4)
  w.say('alice', 2)
  await settled()
  t.same(a.sink.trace, [...events(1, 3), 'synced', ...events(4, 6)])
})

t.test('nothing is given before the connection has said hello', async (t) => {
  const w = await World.begun()
  const a = w.create('alice')
  await w.delivery.attach(a.session)
  w.say('alice')
  w.bus.signal({ conversationId: 1, body: '{}', origin: null })
  await settled()
  t.same(a.sink.trace, [])
  a.session.pump()
  await settled()
  t.same(a.sink.trace, [...events(1, 2), 'synced'])
  a.session.acknowledge(a.feed(), 2)
  const again = w.create('alice')
  await w.delivery.attach(again.session)
  w.say('alice')
  t.same(again.sink.trace, [], 'not even the very next')
  again.session.pump()
  await settled()
  t.same(again.sink.trace, ['event 3', 'synced'])
})

t.test('conversations take turns', async (t) => {
  const w = await World.begun()
  const other = '60038410-eb81-4348-9143-26d9203e1dd1' as typeof CONVERSATION
  await w.begin(other)
  w.say('alice', 100)
  w.say('alice', 2, null, other)
  const a = await w.connect('alice')
  const order = a.sink.seen.map(({ conversation }) => conversation)
  t.equal(order.indexOf(other), 64, 'after one page of the first')
  t.equal(order.length, 104)
})

t.test('after its end nothing is written, whatever was under way', async (t) => {
  const w = await World.begun()
  w.say('alice', 3)
  const a = w.create('alice')
  await w.delivery.attach(a.session)
  let release = () => {}
  w.log.gates.read = () => new Promise<void>((resolve) => (release = resolve))
  a.session.pump()
  w.delivery.detach(a.session)
  release()
  w.say('alice')
  await settled()
  a.session.pump()
  a.session.notify('draining', '{}')
  await settled()
  t.same(a.sink.trace, [])
})

t.test('a store that cannot be read ends the connection, once', async (t) => {
  const w = await World.begun()
  const a = w.create('alice')
  await w.delivery.attach(a.session)
  w.log.gates.read = async () => {
    throw new Error('no such file')
  }
  a.session.pump()
  await settled()
  w.say('alice')
  await settled()
  t.same(a.sink.trace, ['failed'])
  t.ok(a.session.isClosed)
})

t.test('a sink that throws ends its own connection and no other', async (t) => {
  const w = await World.begun()
  const a = await w.connect('alice')
  const b = await w.connect('alice', { deviceId: 11 })
  a.sink.onEvent = () => {
    throw new Error('a bug')
  }
  w.say('alice')
  t.same(a.sink.trace, ['event 1', 'synced', 'event 2', 'failed'])
  t.same(b.sink.trace, ['event 1', 'synced', 'event 2'])
})

t.test('a signal reaches members that are connected and keep up, but not its sender', async (t) => {
  const w = await World.begun()
  w.join('alice', 'bob')
  const [a, b, c, left] = [
    await w.connect('alice'),
    await w.connect('bob'),
    await w.connect('alice', { deviceId: 11 }),
    await w.connect('carol'),
  ]
  const signal = () => w.bus.signal({ conversationId: 1, body: '{}', origin: a.session.options.id })
  c.sink.backlog = 64 * 1024 + 1
  signal()
  t.same(
    [a, b, c, left].map(({ sink }) => sink.trace.includes('signal')),
    [false, true, false, false],
  )
  w.run([leave('bob')])
  c.sink.backlog = 64 * 1024
  signal()
  t.equal(b.sink.trace.filter((line) => line === 'signal').length, 1)
  t.ok(c.sink.trace.includes('signal'))
})
