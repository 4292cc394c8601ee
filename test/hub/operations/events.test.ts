import { randomUUID } from 'node:crypto'
import t from 'tap'
import { conversationOf } from './handshake.js'
import { openHub, turns } from './hub-fixture.js'

t.test('a poll is answered with what was not acknowledged, or with what comes', async (t) => {
  const hub = await openHub(t)
  const { alice, bob } = await hub.users('alice', 'bob')
  const conversation = await conversationOf(hub, alice, bob)
  t.match(await hub.call(bob, 'events', { wait: 55 }), { events: [{ seq: 4, type: 'joined' }], gaps: [], more: false })
  await hub.call(bob, 'ack', { conversation, seq: 4 })
  t.same(await hub.call(bob, 'events'), { events: [], gaps: [], more: false })
  const waiting = hub.call(bob, 'events', { wait: 55 })
  await turns()
  await hub.call(alice, 'send', { conversation, messageId: randomUUID(), payload: 'x' })
  t.match(await waiting, { events: [{ seq: 5, type: 'message' }] })
  t.equal(hub.hub.services.delivery.size, 0)
})

t.test('it counts as the connection of its device', async (t) => {
  const hub = await openHub(t)
  const { alice, bob } = await hub.users('alice', 'bob')
  await hub.call(alice, 'start', { participants: [{ certificate: bob.certificate }] })
  const live = await hub.connect(bob)
  const waiting = hub.call(bob, 'events', { wait: 55 })
  await turns()
  t.same(live.sink.trace, ['synced', 'close 4505'])
  const other = hub.call(bob, 'events', { wait: 55 }, { device: 'phone' })
  await hub.connect(bob)
  t.same(await waiting, { events: [], gaps: [], more: false })
  await turns()
  await hub.connect(bob, 'phone')
  await other
})

t.test('one that nobody waits for any more ends', async (t) => {
  const hub = await openHub(t)
  const bob = await hub.user('bob')
  const abandoned = new AbortController()
  let isAnswered = false
  void hub.call(bob, 'events', { wait: 55 }, { abandoned: abandoned.signal }).then(() => {
    isAnswered = true
  })
  while (hub.hub.services.delivery.size === 0) await turns()
  abandoned.abort()
  t.equal(hub.hub.services.delivery.size, 0)
  void hub.call(bob, 'events', { wait: 55 }, { abandoned: abandoned.signal })
  await turns()
  t.equal(hub.hub.services.delivery.size, 0, 'nor does one begin')
  t.notOk(isAnswered)
})

t.test('a user has so many devices', async (t) => {
  const hub = await openHub(t, { devicesMax: 2 })
  const bob = await hub.user('bob')
  for (const device of ['a', 'b', 'a']) await hub.call(bob, 'events', {}, { device })
  await t.rejects(hub.call(bob, 'events', {}, { device: 'c' }), { code: 'quota_exceeded' })
  await t.rejects(hub.connect(bob, 'c'), { code: 'quota_exceeded' })
})
