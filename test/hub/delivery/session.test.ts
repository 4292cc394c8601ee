import t from 'tap'
import { type CONVERSATION, leave } from '../conversation/world.js'
import { type Connection, events, settled, World } from './world.js'

async function world(): Promise<World> {
  const made = new World()
  await made.begin()
  return made
}

function acknowledge({ session, feed }: Connection, seq: number): void {
  session.acknowledge(feed(), seq)
}

t.test('what there is comes first, then synced once, then events as they happen', async (t) => {
  const w = await world()
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
  const w = await world()
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

t.test('a full window stops, and goes on from the log as acks come', async (t) => {
  const w = await world()
  w.say('alice', 9)
  const a = await w.connect('alice', { windowEvents: 4 })
  t.same(a.sink.trace, [...events(1, 4), 'held'])
  t.equal(a.session.heldSince, 0)
  w.now = 5
  w.say('alice')
  await settled()
  t.equal(a.sink.trace.length, 5, 'nothing more, whatever comes')
  t.equal(a.session.heldSince, 0)
  acknowledge(a, 2)
  await settled()
  t.same(a.sink.trace.slice(5), ['event 5', 'event 6', 'held'], 'not synced while there is more')
  t.equal(a.session.heldSince, 5, 'it counts from the last acknowledgement')
  acknowledge(a, 6)
  await settled()
  acknowledge(a, 10)
  await settled()
  t.same(a.sink.trace.slice(8), ['event 7', 'event 8', 'event 9', 'event 10', 'held', 'event 11', 'synced'])
  t.equal(a.session.heldSince, null)
})

t.test('the last that fits is given and is not held; the next is', async (t) => {
  const w = await world()
  w.say('alice', 3)
  const a = await w.connect('alice', { windowEvents: 4 })
  t.same(a.sink.trace, [...events(1, 4), 'synced'])
  t.equal(a.session.heldSince, null, 'a full window with nothing behind it keeps nothing back')
  w.say('alice', 2)
  await settled()
  t.same(a.sink.trace.slice(5), ['held'])
  acknowledge(a, 1)
  await settled()
  t.same(a.sink.trace.slice(6), ['event 5', 'held'])
  acknowledge(a, 5)
  await settled()
  w.say('alice')
  t.same(a.sink.trace.slice(8), ['event 6', 'event 7'], 'live again')
})

t.test('a window is full by bytes, too', async (t) => {
  const w = await world()
  w.say('alice', 5)
  const size = w.log.eventsOf(1)[1]?.body.length ?? 0
  const a = await w.connect('alice', { windowBytes: size * 2 })
  t.ok(a.sink.seqs.length < 6)
  t.equal(a.sink.trace.at(-1), 'held')
  for (let seq = 1; seq <= 6; seq += 1) {
    acknowledge(a, seq)
    await settled()
  }
  t.same(a.sink.seqs, [1, 2, 3, 4, 5, 6])
  t.equal(a.sink.trace.filter((line) => line === 'synced').length, 1)
})

t.test('one event larger than the window is given all the same', async (t) => {
  const w = await world()
  const a = await w.connect('alice', { windowBytes: 10 })
  t.same(a.sink.trace, ['event 1', 'synced'])
})

t.test('a socket that is behind gets nothing until it has drained', async (t) => {
  const w = await world()
  const a = await w.connect('alice')
  a.sink.backlog = 1024 * 1024 + 1
  w.say('alice', 3)
  await settled()
  t.same(a.sink.seqs, [1])
  t.equal(a.session.heldSince, null, 'the window is open: no acknowledgement is due')
  a.sink.backlog = 0
  w.say('alice')
  await settled()
  t.same(a.sink.seqs, [1, 2, 3, 4, 5], 'what comes next is not put before what waits')
  a.sink.backlog = 1024 * 1024 + 1
  w.say('alice')
  a.sink.backlog = 0
  a.session.pump()
  await settled()
  t.same(a.sink.seqs, [1, 2, 3, 4, 5, 6], 'nor is the drain needed twice')
})

t.test('a socket fills up amid a page', async (t) => {
  const w = await world()
  w.say('alice', 9)
  const a = w.create('alice')
  a.sink.onEvent = ({ seq }) => {
    if (seq === 4) a.sink.backlog = 1024 * 1024 + 1
  }
  await w.delivery.attach(a.session)
  a.session.pump()
  await settled()
  t.same(a.sink.trace, events(1, 4))
  a.sink.backlog = 0
  a.session.pump()
  await settled()
  t.same(a.sink.trace, [...events(1, 10), 'synced'])
})

t.test('what happens while a page is read is neither lost nor doubled', async (t) => {
  for (const count of [1, 3]) {
    const w = await world()
    w.say('alice', count)
    const a = w.create('alice')
    await w.delivery.attach(a.session)
    let release = () => {}
    w.log.gates.read = () => new Promise<void>((resolve) => (release = resolve))
    a.session.pump()
    w.say('alice', 2)
    w.log.gates.read = async () => {}
    release()
    await settled()
    t.same(a.sink.trace, [...events(1, count + 3), 'synced'])
  }
})

t.test('a wake-up in the very moment a pump ends is not lost', async (t) => {
  for (let delay = 0; delay < 12; delay += 1) {
    const w = await world()
    w.say('alice', 2)
    const a = await w.connect('alice', { windowEvents: 3 })
    w.say('alice', 2)
    for (let tick = 0; tick < delay; tick += 1) await Promise.resolve()
    acknowledge(a, 3)
    await settled()
    t.same(a.sink.seqs, [1, 2, 3, 4, 5], `after ${delay} microtasks`)
  }
})

t.test('an acknowledgement while a page is read spares what it covers', async (t) => {
  const w = await world()
  w.say('alice', 4)
  const first = await w.connect('alice')
  t.same(first.sink.seqs, [1, 2, 3, 4, 5])
  const a = w.create('alice')
  await w.delivery.attach(a.session)
  t.equal(a.feed().given, 5, 'the connection before was given all')
  let release = () => {}
  w.log.gates.read = () => new Promise<void>((resolve) => (release = resolve))
  a.session.pump()
  acknowledge(a, 3)
  w.log.gates.read = async () => {}
  release()
  await settled()
  t.same(a.sink.trace, ['event 4', 'event 5', 'synced'])
  t.equal(w.log.cursors.get('10 1'), 3)
})

t.test('acknowledging all that an earlier connection was given is enough to be synced', async (t) => {
  const w = await world()
  w.say('alice', 9)
  await w.connect('alice')
  const a = await w.connect('alice', { windowEvents: 2 })
  t.same(a.sink.trace, ['event 1', 'event 2', 'held'])
  acknowledge(a, 10)
  await settled()
  t.same(a.sink.trace, ['event 1', 'event 2', 'held', 'synced'])
  w.say('alice', 2)
  t.same(a.sink.trace.slice(4), ['event 11', 'event 12'], 'and its window is open again')
})

t.test('its own messages are left out, live and when they are read on from the log', async (t) => {
  const w = await world()
  const a = await w.connect('alice', { windowEvents: 2 })
  const other = await w.connect('alice', { deviceId: 11 })
  w.say('alice', 1, a)
  t.equal(a.feed().given, 2, 'it has the answer')
  w.say('alice', 2, other)
  w.say('alice', 1, a)
  w.say('alice', 1, other)
  w.say('alice', 1, a)
  await settled()
  t.same(a.sink.trace, ['event 1', 'synced', 'event 3', 'held'])
  t.equal(a.feed().given, 3)
  acknowledge(a, 3)
  await settled()
  t.same(a.sink.trace.slice(4), ['event 4', 'event 6'])
  t.equal(a.feed().given, 7)
  t.same(other.sink.seqs, [1, 2, 5, 7], 'the other device gets what the first one sent')
  const again = await w.connect('alice')
  t.same(again.sink.seqs, [4, 5, 6, 7], 'a replay has it')
})

t.test('of several stays it sees each, and nothing between', async (t) => {
  const w = await world()
  w.join('alice', 'bob')
  w.say('alice', 2)
  w.run([leave('bob')])
  w.say('alice', 3)
  w.join('alice', 'bob')
  w.say('alice', 1)
  const b = await w.connect('bob')
  t.same(b.sink.trace, [...events(4, 7), ...events(13, 14), 'synced'])
  acknowledge(b, 14)
  w.run([leave('bob')])
  w.say('alice', 2)
  w.join('alice', 'bob')
  await settled()
  t.same(
    b.sink.seen.slice(6).map(({ type, seq }) => `${type} ${seq}`),
    ['left 15', 'joined 20'],
    'live too: his end, and his joined as the first of a new stay',
  )
})

t.test('a stay that ends while he is behind is read on to its end', async (t) => {
  const w = await world()
  w.join('alice', 'bob')
  const b = await w.connect('bob', { windowEvents: 2 })
  w.say('alice', 2)
  w.run([leave('bob')])
  w.say('alice', 5)
  await settled()
  for (const seq of [4, 5, 6, 7]) {
    acknowledge(b, seq)
    await settled()
  }
  t.same(b.sink.seqs, [4, 5, 6, 7])
  t.equal(b.feed().lastSeq, 7)
})

t.test('what retention removed is told as a gap', async (t) => {
  const w = await world()
  w.say('alice', 9)
  for (const seq of [2, 3, 6, 9, 10]) w.log.remove(1, seq)
  const a = await w.connect('alice')
  t.same(a.sink.trace, [
    'event 1',
    'gap 2-3',
    'event 4',
    'event 5',
    'gap 6-6',
    'event 7',
    'event 8',
    'gap 9-10',
    'synced',
  ])
  t.equal(a.feed().given, 10)
  w.say('alice')
  t.equal(a.sink.trace.at(-1), 'event 11')
})

t.test('a gap is no event of the window, and only a member’s stays have gaps', async (t) => {
  const w = await world()
  w.join('alice', 'bob')
  w.say('alice', 70)
  for (let seq = 5; seq <= 74; seq += 1) w.log.remove(1, seq)
  const b = await w.connect('bob', { windowEvents: 1 })
  t.same(b.sink.trace, ['event 4', 'held'])
  acknowledge(b, 4)
  await settled()
  t.same(b.sink.trace.slice(2), ['gap 5-74', 'synced'])
})

t.test('conversations take turns', async (t) => {
  const w = await world()
  const other = '60038410-eb81-4348-9143-26d9203e1dd1' as typeof CONVERSATION
  await w.begin(other)
  w.say('alice', 100)
  w.say('alice', 2, null, other)
  const a = await w.connect('alice')
  const order = a.sink.seen.map(({ conversation }) => conversation)
  t.equal(order.indexOf(other), 64, 'after one page of the first')
  t.equal(order.length, 104)
})

t.test('with automatic acknowledgement what is written counts, its own messages included', async (t) => {
  const w = await world()
  w.say('alice', 9)
  const a = await w.connect('alice', { autoAcknowledge: true, windowEvents: 2 })
  t.same(a.sink.trace, [...events(1, 10), 'synced'])
  w.say('alice', 1, a)
  t.equal(w.log.cursors.get('10 1'), 11)
  const invitation = w.invite('alice', 'bob')
  const b = await w.connect('bob', { autoAcknowledge: true })
  t.equal(w.log.cursors.get(`20 ${invitation}`), 1)
  t.same(b.sink.trace, ['invited', 'synced'])
})

t.test('a lower acknowledgement does nothing', async (t) => {
  const w = await world()
  w.say('alice', 9)
  const a = await w.connect('alice', { windowEvents: 4 })
  acknowledge(a, 3)
  await settled()
  w.now = 9
  acknowledge(a, 2)
  acknowledge(a, 3)
  await settled()
  t.same(a.sink.seqs, [1, 2, 3, 4, 5, 6, 7])
  t.equal(w.log.cursors.get('10 1'), 3)
  t.equal(a.session.heldSince, 0)
})

t.test('after its end nothing is written, whatever was under way', async (t) => {
  const w = await world()
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
  const w = await world()
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
  const w = await world()
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
  const w = await world()
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
