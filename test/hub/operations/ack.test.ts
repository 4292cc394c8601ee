import { randomUUID } from 'node:crypto'
import t from 'tap'
import { conversationOf, inviteTo } from './handshake.js'
import { type CallOptions, type HubFixture, type HubUser, type Live, openHub, turns } from './hub-fixture.js'

async function prepared(hub: HubFixture) {
  const { alice, bob } = await hub.users('alice', 'bob')
  const conversation = await conversationOf(hub, alice, bob)
  const say = async (count: number, options: CallOptions = {}, user: HubUser = alice) => {
    for (let n = 0; n < count; n += 1)
      await hub.call(user, 'send', { conversation, messageId: randomUUID(), payload: 'x' }, options)
  }
  const ack = (seq: number, options: CallOptions = {}) => hub.call(bob, 'ack', { conversation, seq }, options)
  const acked = async (device?: string) => {
    const { conversations } = await hub.call(bob, 'conversations', {}, device ? { device } : {})
    return (conversations as readonly { ackedSeq: number }[])[0]?.ackedSeq
  }
  return { alice, bob, conversation, say, ack, acked }
}

const NOT_FOUND = { code: 'invitation_not_found' }
const BEYOND = { code: 'invalid_request', status: 400 }

t.test('beyond what the device was given is refused, lower than before does nothing', async (t) => {
  const hub = await openHub(t)
  const { bob, say, ack, acked } = await prepared(hub)
  const live = await hub.connect(bob)
  await say(2)
  t.same(await ack(6, { live }), {})
  await t.rejects(ack(7, { live }), BEYOND)
  t.same(await ack(4, { live }), {})
  t.same(await ack(0, { live }), {})
  t.equal(await acked(), 6)
  t.equal(await acked('phone'), 0, 'each device has a cursor of its own')
  await t.rejects(ack(5, { device: 'phone' }), BEYOND, 'which was given nothing')
})

t.test('what was given and not answered by the window is not the device’s yet', async (t) => {
  const hub = await openHub(t, { windowEvents: 2 })
  const { bob, say, ack } = await prepared(hub)
  await say(3)
  const live = await hub.connect(bob)
  t.same(live.sink.seqs, [4, 5])
  await t.rejects(ack(6, { live }), BEYOND)
  t.same(await ack(5, { live }), {})
})

t.test('after a reconnect what the earlier connection was given may be acknowledged', async (t) => {
  const hub = await openHub(t, { windowEvents: 4 })
  const { bob, say, ack, acked } = await prepared(hub)
  await say(3)
  const first = await hub.connect(bob)
  t.same(first.sink.seqs, [4, 5, 6, 7])
  await say(2)
  const second = await hub.connect(bob)
  await t.rejects(ack(8, { live: second }), BEYOND)
  t.same(await ack(7, { live: second }), {})
  await turns()
  t.same(second.sink.seqs, [4, 5, 6, 7, 8, 9])
  hub.hub.disconnect(second.session)
  hub.hub.disconnect(first.session)
  t.same(await ack(9), {}, 'without a connection, too')
  t.equal(await acked(), 9)
  await say(1)
  await t.rejects(ack(10), BEYOND)
})

t.test('what another process may have given may be acknowledged', async (t) => {
  const hub = await openHub(t)
  const { bob, say, ack } = await prepared(hub)
  await hub.connect(bob)
  await say(2)
  await hub.restart()
  await say(1)
  await t.rejects(ack(7), BEYOND)
  t.same(await ack(6), {})
})

t.test('an ack by REST moves the window of the live connection', async (t) => {
  const hub = await openHub(t, { windowEvents: 2 })
  const { bob, say, ack } = await prepared(hub)
  await say(4)
  const live = await hub.connect(bob)
  t.same(live.sink.trace, ['event 4', 'event 5', 'held'])
  await ack(5)
  await turns()
  t.same(live.sink.seqs, [4, 5, 6, 7])
  await ack(7)
  await turns()
  t.same(live.sink.trace.slice(-2), ['event 8', 'synced'])
})

t.test('what history gave without a hole may be acknowledged', async (t) => {
  const hub = await openHub(t, { windowEvents: 1 })
  const { bob, conversation, say, ack } = await prepared(hub)
  await say(4)
  const read = (after: number, options: CallOptions = {}) =>
    hub.call(bob, 'history', { conversation, after, limit: 2 }, options)
  await read(5)
  await t.rejects(ack(7), BEYOND, 'two are missing')
  await read(3)
  t.same(await ack(5), {})
  await read(5)
  const live = await hub.connect(bob)
  await t.rejects(ack(8, { live }), BEYOND)
  t.same(await ack(7, { live }), {})
  await turns()
  await say(1)
  await read(7)
  t.same(await ack(9, { live }), {}, 'read by REST, acknowledged on the connection')
  const other: Live = await hub.connect(bob, 'phone')
  await t.rejects(ack(9, { live: other }), BEYOND)
})

t.test('its own messages are the device’s once they are answered', async (t) => {
  const hub = await openHub(t)
  const { bob, say, ack } = await prepared(hub)
  const live = await hub.connect(bob)
  await say(2, { live }, bob)
  t.same(live.sink.seqs, [4])
  t.same(await ack(6, { live }), {})
  hub.hub.disconnect(live.session)
  await say(1, {}, bob)
  t.same(await ack(7), {}, 'sent without a connection')
  await say(1)
  await say(1, {}, bob)
  await t.rejects(ack(9), BEYOND, 'there is one of another between')
  await say(1, { device: 'phone' }, bob)
  await t.rejects(ack(10, { device: 'phone' }), BEYOND)
})

t.test('who has left acknowledges to his end', async (t) => {
  const hub = await openHub(t)
  const { bob, conversation, say, ack } = await prepared(hub)
  await hub.call(bob, 'leave', { conversation })
  await say(2)
  const live = await hub.connect(bob)
  t.same(live.sink.seqs, [4, 5])
  await t.rejects(ack(6, { live }), BEYOND)
  t.same(await ack(5, { live }), {})
})

t.test('an invitation is acknowledged event by event, by REST as well', async (t) => {
  const hub = await openHub(t)
  const { alice, bob } = await hub.users('alice', 'bob')
  const { conversation } = await hub.call(alice, 'start', { participants: [{ certificate: bob.certificate }] })
  const { invitation } = await inviteTo(hub, conversation, alice, bob)
  const poll = async () => (await hub.call(bob, 'events')).events.map(({ type }) => type)
  const ack = (user = bob) => hub.call(user, 'acknowledgeInvitation', { invitation })
  t.same(await poll(), ['invited'])
  t.same(await poll(), ['invited'], 'until it is acknowledged')
  t.same(await ack(), {})
  t.same(await ack(), {}, 'whose answer was lost')
  t.same(await poll(), [])
  await hub.call(alice, 'cancel', { invitation })
  t.same(await ack(), {}, 'its end was not given yet')
  t.same(await poll(), ['cancelled'])
  t.same(await ack(), {})
  t.same(await poll(), [])
  t.same(await ack(), {})
  await t.rejects(ack(alice), { code: 'invitation_not_found' })
})

t.test('an acknowledgement of an invitation, which is free, reads no other: there may be very many', async (t) => {
  const hub = await openHub(t)
  const { alice, bob } = await hub.users('alice', 'bob')
  const { conversation } = await hub.call(alice, 'start', { participants: [{ certificate: bob.certificate }] })
  const { invitation } = await inviteTo(hub, conversation, alice, bob)
  const live = await hub.connect(bob, 'phone')
  await hub.call(alice, 'cancel', { invitation })
  await turns()
  const { log } = hub.hub.services
  log.openMailbox =
    log.readNotices =
    log.load =
      async () => {
        throw new Error('all of them were read')
      }
  for (const options of [{}, { live }])
    for (let n = 0; n < 4; n += 1) t.same(await hub.call(bob, 'acknowledgeInvitation', { invitation }, options), {})
  await t.rejects(hub.call(bob, 'acknowledgeInvitation', { invitation: randomUUID() }), NOT_FOUND)
  await t.rejects(hub.call(alice, 'acknowledgeInvitation', { invitation }), NOT_FOUND)
})

t.test('an invitation of the live connection is acknowledged there, whichever way', async (t) => {
  const hub = await openHub(t)
  const { alice, bob } = await hub.users('alice', 'bob')
  const { conversation } = await hub.call(alice, 'start', { participants: [{ certificate: bob.certificate }] })
  const live = await hub.connect(bob)
  const { invitation } = await inviteTo(hub, conversation, alice, bob)
  await turns()
  await hub.call(alice, 'cancel', { invitation })
  await turns()
  t.same(live.sink.trace, ['synced', 'invited', 'cancelled'])
  t.same(await hub.call(bob, 'ack', { invitation }, { live }), {})
  t.same(await hub.call(bob, 'acknowledgeInvitation', { invitation }), {})
  const again = await hub.connect(bob)
  t.same(again.sink.trace, ['synced'])
  hub.clock.now += 1
  const phone = await hub.connect(bob, 'phone')
  t.same(phone.sink.trace, ['synced'], 'a new device gets open invitations only')
})
