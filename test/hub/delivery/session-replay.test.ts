import t from 'tap'
import { HermesError } from '../../../src/errors.js'
import { Session } from '../../../src/hub/delivery/session.js'
import { NO_HUB_METER } from '../../../src/hub/meter.js'
import type { ConversationId } from '../../../src/wire/formats.js'
import { invitationId, leave } from '../conversation/world.js'
import { acknowledge, events, settled, World } from './world.js'

t.test('what happens while a page is read is neither lost nor doubled', async (t) => {
  for (const count of [1, 3]) {
    const w = await World.begun()
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

t.test('the age of the oldest that waited is told once, and not where nothing did', async (t) => {
  const w = await World.begun()
  const ages: number[] = []
  const meter = { ...NO_HUB_METER, caughtUp: (oldest: number) => ages.push(oldest) }
  const attach = async () => {
    const {
      session: { options },
      sink,
    } = w.create('alice')
    const session = new Session(options, sink, w.log, meter)
    await w.delivery.attach(session)
    session.pump()
    await settled()
    return session
  }
  const [first] = await w.log.read(1, { after: 0, upTo: 1, limit: 1, maxBytes: 1 })
  const session = await attach()
  w.say('alice', 2)
  await settled()
  t.same(ages, [Date.parse(JSON.parse(first?.body ?? '').at)])
  for (const feed of session.feeds) session.acknowledge(feed, 3)
  await attach()
  t.equal(ages.length, 1)
})

t.test('a wake-up in the very moment a pump ends is not lost', async (t) => {
  for (let delay = 0; delay < 12; delay += 1) {
    const w = await World.begun()
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
  const w = await World.begun()
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

t.test('its own messages are left out, live and when they are read on from the log', async (t) => {
  const w = await World.begun()
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
  const w = await World.begun()
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
  const w = await World.begun()
  w.join('alice', 'bob')
  const b = await w.connect('bob', { windowEvents: 2 })
  w.say('alice', 2)
  w.run([leave('bob')])
  w.say('alice', 5)
  await settled()
  for (const seq of [4, 5, 6]) {
    acknowledge(b, seq)
    await settled()
  }
  t.same(b.sink.seqs, [4, 5, 6, 7])
  t.equal(b.feed().lastSeq, 7)
  acknowledge(b, 7)
  t.throws(() => b.feed(), 'what he has left and read takes no memory')
})

t.test('what he has left and read is known until that is durable, and not given again', async (t) => {
  const w = await World.begun()
  w.join('alice', 'bob')
  const b = await w.connect('bob')
  w.run([leave('bob')])
  const given = b.sink.trace.length
  w.log.heldAcks = []
  b.session.acknowledge(b.feed(), 5)
  b.session.reread('all')
  await settled()
  for (const settle of w.log.heldAcks.splice(0)) settle(new HermesError('unavailable'))
  b.session.reread('all')
  await settled()
  t.same(b.sink.trace.slice(given), [], 'though the store does not know')

  let release = () => {}
  w.log.gates.left = () => new Promise<void>((resolve) => (release = resolve))
  b.session.acknowledge(b.feed(), 5)
  b.session.reread('all')
  await settled()
  for (const settle of w.log.heldAcks.splice(0)) settle(null)
  release()
  await settled()
  t.same(b.sink.trace.slice(given), [], 'though it was read before it became durable')
  t.throws(() => b.feed(), 'then it takes no memory')
})

t.test('an invitation that he has acknowledged is not given again before that is durable', async (t) => {
  const w = await World.begun()
  const b = await w.connect('bob')
  const invitation = w.invite('alice', 'bob')
  await settled()
  const outcomes: unknown[] = []
  const acknowledgeIt = () => b.session.acknowledgeInvitation(invitation, (failure) => outcomes.push(failure?.code))
  w.log.heldAcks = []
  acknowledgeIt()
  b.session.reread('invitations')
  await settled()
  t.same(b.sink.trace, ['synced', 'invited'], 'the store does not know yet')
  for (const settle of w.log.heldAcks.splice(0)) settle(new HermesError('unavailable'))
  t.ok(acknowledgeIt(), 'what failed may be done again')
  b.session.reread('invitations')
  let release = () => {}
  w.log.gates.mailbox = () => new Promise<void>((resolve) => (release = resolve))
  await settled()
  for (const settle of w.log.heldAcks.splice(0)) settle(null)
  release()
  await settled()
  t.same(b.sink.trace, ['synced', 'invited'])
  t.same(outcomes, ['unavailable', undefined])
  t.equal(w.log.cursors.get(`${b.session.options.device.id} ${invitation}`), 1, 'and then it is stored')
  t.notOk(b.session.invitations.has(invitation))
})

/** Conversations that bob joined and left; nothing of them is acknowledged. */
async function leftBy(w: World, count: number): Promise<readonly ConversationId[]> {
  const uuids = Array.from({ length: count }, (_, n) => invitationId(50_000 + n) as string as ConversationId)
  for (const uuid of uuids) {
    await w.begin(uuid)
    w.join('alice', 'bob', uuid)
    w.run([leave('bob')], null, uuid)
  }
  return uuids
}

t.test('conversations he has left are read on, a page when the one before was given', async (t) => {
  const w = new World()
  const uuids = await leftBy(w, 150)
  const b = await w.connect('bob', { windowEvents: 2 })
  t.equal([...b.session.feeds].length, 64)
  for (let turn = 0; turn < 150; turn += 1) {
    for (const feed of [...b.session.feeds]) if (feed.sent > feed.acked) b.session.acknowledge(feed, feed.sent)
    await settled()
  }
  t.equal(b.sink.trace.at(-1), 'synced')
  t.same(
    uuids.map((uuid) => b.sink.seen.filter(({ conversation }) => conversation === uuid).map(({ seq }) => seq)),
    uuids.map(() => [4, 5]),
  )
  t.same([...b.session.feeds], [])
  w.join('alice', 'bob', uuids[9])
  await settled()
  t.match(b.sink.seen.at(-1), { conversation: uuids[9], seq: 8 }, 'and he may come back')
})

t.test('who comes back while what he missed of an earlier stay is not read yet gets that first', async (t) => {
  const w = new World()
  const uuids = await leftBy(w, 150)
  const last = uuids.at(-1) ?? raise('nothing was left')
  const b = await w.connect('bob', { windowEvents: 2 })
  w.join('alice', 'bob', last)
  w.say('alice', 2, null, last)
  for (let turn = 0; turn < 160; turn += 1) {
    for (const feed of [...b.session.feeds]) if (feed.sent > feed.acked) b.session.acknowledge(feed, feed.sent)
    await settled()
  }
  const seqs = b.sink.seen.filter(({ conversation, seq }) => conversation === last && seq !== undefined)
  t.same(
    seqs.map(({ seq }) => seq),
    [4, 5, 8, 9, 10],
  )
})

function raise(message: string): never {
  throw new Error(message)
}

t.test('what retention removed is told as a gap', async (t) => {
  const w = await World.begun()
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
  const w = await World.begun()
  w.join('alice', 'bob')
  w.say('alice', 70)
  for (let seq = 5; seq <= 74; seq += 1) w.log.remove(1, seq)
  const b = await w.connect('bob', { windowEvents: 1 })
  t.same(b.sink.trace, ['event 4', 'held'])
  acknowledge(b, 4)
  await settled()
  t.same(b.sink.trace.slice(2), ['gap 5-74', 'synced'])
})
