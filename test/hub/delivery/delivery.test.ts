import t from 'tap'
import type { InvitationId } from '../../../src/wire/formats.js'
import { CLOSE } from '../../../src/wire/frames.js'
import { accept, type CONVERSATION, end, I1, invite, leave } from '../conversation/world.js'
import { events, settled, World } from './world.js'

t.test('the newest connection of a device wins, and the late close of the other disturbs nothing', async (t) => {
  const w = await World.begun()
  w.say('alice', 2)
  const first = await w.connect('alice')
  const other = await w.connect('alice', { deviceId: 11 })
  const second = await w.connect('alice')
  t.equal(first.sink.trace.at(-1), `close ${CLOSE.replaced.code}`)
  t.equal(w.delivery.sessionOf(10), second.session)
  w.say('alice', 2)
  w.delivery.detach(first.session)
  w.delivery.detach(first.session)
  w.say('alice')
  t.same(second.sink.trace, [...events(1, 3), 'synced', ...events(4, 6)])
  t.equal(first.sink.trace.length, 5)
  t.same([...w.delivery.sessionsOf(1)].length, 2)
  t.equal(other.sink.trace.at(-1), 'event 6')
  w.delivery.detach(second.session)
  w.delivery.detach(first.session)
  t.equal(w.delivery.givenTo(10).seqs.get(1), 6, 'what the newest was given is what is remembered')
  t.equal(w.delivery.sessionOf(10), null)
  w.delivery.detach(other.session)
  t.equal(w.delivery.size, 0)
  t.same([...w.delivery.sessionsOf(1)], [])
})

t.test('what was not acknowledged comes again on the next connection', async (t) => {
  const w = await World.begun()
  w.say('alice', 4)
  const first = await w.connect('alice')
  first.session.acknowledge(first.feed(), 2)
  w.delivery.detach(first.session)
  const second = await w.connect('alice')
  t.same(second.sink.trace, [...events(3, 5), 'synced'])
  t.equal(second.feed().given, 5)
})

t.test('what is committed while a connection opens is not missed', async (t) => {
  const w = await World.begun()
  const a = w.create('alice')
  let release = () => {}
  w.log.gates.mailbox = () => new Promise<void>((resolve) => (release = resolve))
  const attaching = w.delivery.attach(a.session)
  await settled()
  w.log.gates.mailbox = async () => {}
  w.say('alice', 2)
  release()
  await attaching
  w.say('alice')
  a.session.pump()
  await settled()
  t.same(a.sink.trace, [...events(1, 4), 'synced'])
})

t.test('a stay, an invitation and their ends while a connection opens are not missed', async (t) => {
  const w = await World.begun()
  /** Reads that were under way see what was there when they began. */
  const stale = async (change: () => void) => {
    const b = w.create('bob')
    const openMailbox = w.log.openMailbox.bind(w.log)
    let calls = 0
    w.log.openMailbox = async (device, notices) => {
      calls += 1
      const mailbox = await openMailbox(device, notices)
      if (calls === 1) change()
      return mailbox
    }
    await w.delivery.attach(b.session)
    w.log.openMailbox = openMailbox
    b.session.pump()
    await settled()
    t.equal(calls, 2, 'what was read was out of date')
    w.delivery.detach(b.session)
    return b.sink.trace
  }
  t.same(await stale(() => w.join('alice', 'bob')), ['event 4', 'synced'])
  t.same(await stale(() => w.run([leave('bob')])), [...events(4, 5), 'synced'])
  t.same(await stale(() => w.invite('alice', 'bob')), ['invited', ...events(4, 5), 'synced'])
})

t.test('a connection that fails to open, or is replaced while it opens, leaves nothing behind', async (t) => {
  const w = await World.begun()
  w.say('alice', 2)
  w.delivery.detach((await w.connect('alice')).session)
  w.log.gates.mailbox = async () => {
    throw new Error('no such file')
  }
  const failing = w.create('alice')
  await t.rejects(w.delivery.attach(failing.session), /no such file/)
  t.equal(w.delivery.size, 0)
  t.ok(failing.session.isClosed)
  t.equal(w.delivery.givenTo(10).seqs.get(1), 3, 'what the device was given before is not forgotten')
  let release = () => {}
  w.log.gates.mailbox = () => new Promise<void>((resolve) => (release = resolve))
  const first = w.create('alice')
  const opening = w.delivery.attach(first.session)
  w.log.gates.mailbox = async () => {}
  const second = await w.connect('alice')
  release()
  await opening
  first.session.pump()
  w.say('alice')
  await settled()
  t.same(first.sink.trace, ['close 4505'])
  t.same(second.sink.trace, [...events(1, 3), 'synced', 'event 4'])
  t.equal(w.delivery.size, 1)
})

t.test('who is no member hears nothing, who leaves hears his end', async (t) => {
  const w = await World.begun()
  const [b, c] = [await w.connect('bob'), await w.connect('carol')]
  w.join('alice', 'bob')
  w.say('alice')
  w.run([leave('bob')])
  w.say('alice', 2)
  await settled()
  t.same(b.sink.seqs, [4, 5, 6])
  t.same(c.sink.trace, ['synced'])
})

t.test('started reaches every device of who started, its own connection too', async (t) => {
  const w = new World()
  const [a, other] = [await w.connect('alice'), await w.connect('alice', { deviceId: 11 })]
  await w.begin()
  for (const { sink } of [a, other]) t.same(sink.trace, ['synced', 'event 1'])
})

t.test('an invitee gets his invitation and its end, without seq, and acknowledges both', async (t) => {
  const w = await World.begun()
  const b = await w.connect('bob')
  const invitation = w.invite('alice', 'bob')
  await settled()
  w.run([end('cancel', 'alice', { invitation })])
  await settled()
  t.same(b.sink.trace, ['synced', 'invited', 'cancelled'])
  t.same(b.sink.seqs, [undefined, undefined])
  b.session.acknowledgeInvitation(invitation)
  t.equal(w.log.cursors.get(`20 ${invitation}`), 1, 'the first acknowledges the first')
  const again = await w.connect('bob')
  t.same(again.sink.trace, ['cancelled', 'synced'])
  t.ok(again.session.acknowledgeInvitation(invitation))
  t.equal(w.log.cursors.get(`20 ${invitation}`), 2)
  t.notOk(again.session.acknowledgeInvitation(invitation), 'that is all there was')
  t.same((await w.connect('bob')).sink.trace, ['synced'])
})

t.test('an end that crosses the acknowledgement on its way is not lost', async (t) => {
  const w = await World.begun()
  const b = await w.connect('bob')
  const invitation = w.invite('alice', 'bob')
  await settled()
  t.ok(b.session.acknowledgeInvitation(invitation))
  t.notOk(b.session.acknowledgeInvitation(invitation), 'nothing is there to acknowledge twice')
  t.equal(w.log.cursors.get(`20 ${invitation}`), 1)
  w.run([end('decline', 'bob', { invitation })])
  await settled()
  t.same(b.sink.trace, ['synced', 'invited', 'declined'])
})

t.test('joined acknowledges the invitation on all devices', async (t) => {
  const w = await World.begun()
  const [b, other] = [await w.connect('bob'), await w.connect('bob', { deviceId: 21 })]
  const invitation = w.invite('alice', 'bob')
  await settled()
  w.confirm('alice', 'bob', invitation)
  for (const { sink, session } of [b, other]) {
    t.same(sink.trace, ['synced', 'invited', 'event 4'])
    t.notOk(session.acknowledgeInvitation(invitation))
  }
  t.same((await w.connect('bob', { deviceId: 22 })).sink.trace, ['event 4', 'synced'])
})

t.test('invitations come 16 at a time, and synced waits for all', async (t) => {
  const w = await World.begun()
  const uuids = Array.from({ length: 20 }, (_, n) => `60038410-eb81-4348-9143-${String(n).padStart(12, '0')}`)
  const invitations: InvitationId[] = []
  for (const uuid of uuids as (typeof CONVERSATION)[]) {
    await w.begin(uuid)
    invitations.push(w.invite('alice', 'bob', uuid))
  }
  const b = await w.connect('bob')
  t.same(b.sink.trace, [...Array(16).fill('invited'), 'held'])
  t.equal(b.session.heldSince, null, 'they are outside the window')
  const [first, second] = invitations
  if (!first || !second) throw new Error('no invitations')
  w.run([end('cancel', 'alice', { invitation: first })], null, uuids[0])
  await settled()
  t.equal(b.sink.seen.length, 16)
  b.session.acknowledgeInvitation(second)
  await settled()
  t.same(
    b.sink.seen.slice(16).map(({ type }) => type),
    ['cancelled', 'invited'],
    'an end takes no further place',
  )
  b.session.acknowledgeInvitation(first)
  await settled()
  t.equal(b.sink.seen.length, 18, 'its end is outstanding still')
  b.session.acknowledgeInvitation(first)
  await settled()
  t.equal(b.sink.seen.length, 19)
  w.join('alice', 'bob')
  await settled()
  t.match(b.sink.seen.at(-1), { type: 'joined', seq: 4 }, 'events of conversations do not wait for them')
  for (const invitation of invitations) {
    b.session.acknowledgeInvitation(invitation)
    b.session.acknowledgeInvitation(invitation)
    await settled()
  }
  t.equal(b.sink.seen.filter(({ type }) => type === 'invited').length, 20)
  t.equal(b.sink.trace.filter((line) => line === 'synced').length, 1)
  const again = await w.connect('bob')
  t.same(again.sink.trace, ['event 4', 'synced'])
})

t.test('an attachment reaches the one it is for', async (t) => {
  const w = await World.begun()
  w.join('alice', 'carol')
  const [a, b, c] = [await w.connect('alice'), await w.connect('bob'), await w.connect('carol')]
  const attached = { attachment: 'YQ', attachmentDigest: 'sha256:a' }
  w.run([invite('alice', 'bob', attached), accept('bob', attached)])
  await settled()
  const seenBy = (connection: typeof a) =>
    connection.sink.seen.filter(({ invitation }) => invitation === I1).map((e) => `${e.type} ${e.attachment ?? '-'}`)
  t.same(seenBy(a), ['invited -', 'accepted YQ'])
  t.same(seenBy(b), ['invited YQ'])
  t.same(seenBy(c), ['invited -', 'accepted -'])
})

t.test('after stop nothing is heard', async (t) => {
  const w = await World.begun()
  const a = await w.connect('alice')
  w.delivery.stop()
  w.say('alice')
  await settled()
  t.same(a.sink.trace, ['event 1', 'synced'])
})
