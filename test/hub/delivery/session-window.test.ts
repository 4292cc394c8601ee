import t from 'tap'
import { acknowledge, events, settled, World } from './world.js'

/** Bytes a socket may hold back and still be given something. */
const BACKLOG = 64 * 1024

t.test('a full window stops, and goes on from the log as acks come', async (t) => {
  const w = await World.begun()
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
  const w = await World.begun()
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
  const w = await World.begun()
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
  const w = await World.begun()
  const a = await w.connect('alice', { windowBytes: 10 })
  t.same(a.sink.trace, ['event 1', 'synced'])
})

t.test('a socket that is behind gets nothing until it has drained', async (t) => {
  const w = await World.begun()
  const a = await w.connect('alice')
  a.sink.backlog = BACKLOG + 1
  w.say('alice', 3)
  await settled()
  t.same(a.sink.seqs, [1])
  t.equal(a.session.heldSince, null, 'the window is open: no acknowledgement is due')
  a.sink.backlog = 0
  w.say('alice')
  await settled()
  t.same(a.sink.seqs, [1, 2, 3, 4, 5], 'what comes next is not put before what waits')
  a.sink.backlog = BACKLOG + 1
  w.say('alice')
  a.sink.backlog = 0
  a.session.pump()
  await settled()
  t.same(a.sink.seqs, [1, 2, 3, 4, 5, 6], 'nor is the drain needed twice')
})

t.test('a socket that is full to the brim is given one more, and the page that is read for it is small', async (t) => {
  const w = await World.begun()
  w.say('alice', 9)
  const a = w.create('alice')
  a.sink.backlog = BACKLOG
  a.sink.onEvent = () => {
    a.sink.backlog += 1
  }
  const asked: number[] = []
  const read = w.log.read.bind(w.log)
  w.log.read = (conversation, page) => {
    asked.push(page.maxBytes)
    return read(conversation, page)
  }
  await w.delivery.attach(a.session)
  a.session.pump()
  await settled()
  t.same(a.sink.trace, ['event 1'])
  t.same(asked, [0])
  a.sink.backlog = 0
  a.session.pump()
  await settled()
  t.same(a.sink.trace, [...events(1, 10), 'synced'])
  t.ok(asked.every((maxBytes) => maxBytes <= BACKLOG))
})

t.test('a socket fills up amid a page', async (t) => {
  const w = await World.begun()
  w.say('alice', 9)
  const a = w.create('alice')
  a.sink.onEvent = ({ seq }) => {
    if (seq === 4) a.sink.backlog = BACKLOG + 1
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

t.test('acknowledging all that an earlier connection was given is enough to be synced', async (t) => {
  const w = await World.begun()
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

t.test('with automatic acknowledgement what is written counts, its own messages included', async (t) => {
  const w = await World.begun()
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
  const w = await World.begun()
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
