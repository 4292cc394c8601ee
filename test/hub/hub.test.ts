import { randomUUID } from 'node:crypto'
import t from 'tap'
import { callerOf, openHub, turns } from './operations/hub-fixture.js'

const DAY_MS = 24 * 3600 * 1000

t.test('a connection is warned once of its certificate, and ends with it', async (t) => {
  const hub = await openHub(t)
  const alice = await hub.user('alice')
  const { sink } = await hub.connect(alice)
  await hub.hub.sweep()
  hub.clock.now += 73 * DAY_MS
  await hub.hub.sweep()
  await hub.hub.sweep()
  t.same(sink.trace, ['synced', 'certificate_expiring'], 'when a fifth of its life is left')
  hub.clock.now += 17 * DAY_MS
  await hub.hub.sweep()
  await hub.hub.sweep()
  t.same(sink.trace.slice(2), ['close 4502'])
})

t.test('one whose window stays full is ended', async (t) => {
  for (const [slowSeconds, ends] of [
    [3600, false],
    [0, true],
  ] as const) {
    const hub = await openHub(t, { windowEvents: 1, slowSeconds })
    const { alice, bob } = await hub.users('alice', 'bob')
    const participants = [{ certificate: bob.certificate }]
    const { conversation } = await hub.call(alice, 'start', { participants })
    const { sink } = await hub.connect(alice)
    await hub.hub.sweep()
    t.same(sink.trace, ['event 1', 'synced'], 'a full window that keeps nothing back is none')
    await hub.call(alice, 'send', { conversation, messageId: randomUUID(), payload: '' })
    await turns()
    await hub.hub.sweep()
    t.equal(sink.trace.includes('close 4430'), ends)
  }
})

t.test('a disconnected device is no longer heard of', async (t) => {
  const hub = await openHub(t)
  const alice = await hub.user('alice')
  const { session } = await hub.connect(alice)
  t.equal(hub.hub.services.delivery.sessionOf(session.options.device.id), session)
  hub.hub.disconnect(session)
  t.equal(hub.hub.services.delivery.size, 0)
  t.equal(session.options.warnAt, callerOf(alice).notAfter.getTime() - Math.floor((90 * DAY_MS + 1000) / 5))
})
