import { randomUUID } from 'node:crypto'
import t from 'tap'
import { endOf } from '../../src/hub/standing.js'
import { conversationOf } from './operations/handshake.js'
import { NOW, openHub, refusal, turns } from './operations/hub-fixture.js'

const then = new Date(NOW)
const MINUTES_10 = 10 * 60_000

t.test('a change of standing ends the live connections of the user, and of nobody else', async (t) => {
  const changes = [
    [{ revokedAt: then }, 4501],
    [{ notAfter: then }, 4502],
    [{ disabledAt: then }, 4503],
    [{ deletedAt: then, revokedAt: then }, 4503],
    [{ supersededAt: then }, 4506],
  ] as const
  for (const [change, code] of changes) {
    const hub = await openHub(t)
    const { alice, bob } = await hub.users('alice', 'bob')
    const conversation = await conversationOf(hub, alice, bob)
    const [laptop, phone] = [await hub.connect(bob), await hub.connect(bob, 'phone')]
    const other = await hub.connect(alice)
    const before = laptop.sink.trace.length
    hub.alter(bob, change)
    hub.standingChanged(bob)
    hub.standingChanged(bob)
    const sending = hub.call(alice, 'send', { conversation, messageId: randomUUID(), payload: 'not for bob' })
    await turns()
    await sending
    t.same(laptop.sink.trace.slice(before), [`close ${code}`], 'once, and nothing is given after it')
    t.equal(phone.sink.trace.at(-1), `close ${code}`)
    t.equal(other.session.isClosed, false)
  }
})

t.test('connections whose certificate is still good go on', async (t) => {
  const hub = await openHub(t)
  const bob = await hub.user('bob')
  const { sink } = await hub.connect(bob)
  hub.standingChanged(bob)
  await turns()
  await hub.hub.sweep()
  t.same(sink.trace, ['synced'])
})

t.test('a superseded certificate has its time, and ends then by itself', async (t) => {
  const hub = await openHub(t)
  const bob = await hub.user('bob')
  const { session, sink } = await hub.connect(bob)
  hub.alter(bob, { supersededAt: new Date(NOW + MINUTES_10) })
  hub.standingChanged(bob)
  const late = await hub.connect(bob, 'late')
  hub.clock.now += MINUTES_10 - 1
  await hub.hub.sweep()
  t.same([sink.trace, late.sink.trace], [['synced'], ['synced']], 'old and new overlap')
  hub.clock.now += 1
  t.equal(late.session.lifetime.goesOn(hub.clock.now), false, 'a frame does not wait for the sweep')
  await hub.hub.sweep()
  t.same([sink.trace, late.sink.trace].flat(), ['synced', 'close 4506', 'synced', 'close 4506'])
  t.equal(session.isClosed, true)
})

t.test('what changes between the guard and the session ends it before it is given anything', async (t) => {
  const hub = await openHub(t)
  const { alice, bob } = await hub.users('alice', 'bob')
  await conversationOf(hub, alice, bob)
  const connecting = hub.connect(bob)
  hub.alter(bob, { revokedAt: then })
  hub.standingChanged(bob)
  t.same((await connecting).sink.trace, ['close 4501'])
  t.same((await hub.connect(bob)).sink.trace, ['close 4501'], 'whether the change is heard of or not')
})

t.test('one that is refused then does not take the place of a good one of its device', async (t) => {
  const hub = await openHub(t)
  const { alice, bob } = await hub.users('alice', 'bob')
  const conversation = await conversationOf(hub, alice, bob)
  const good = await hub.connect(bob)
  const refused = await hub.connect({ ...bob, fingerprint: `sha256:${'0'.repeat(64)}` })
  t.same(refused.sink.trace, ['close 4501'])
  t.equal(good.session.isClosed, false)
  const before = good.sink.trace.length
  await hub.call(alice, 'send', { conversation, messageId: randomUUID(), payload: 'x' })
  await turns()
  t.equal(good.sink.trace.length, before + 1, 'it hears what comes')
})

t.test('what was asked before and is not decided yet is not done', async (t) => {
  const hub = await openHub(t)
  const { alice, bob, carol } = await hub.users('alice', 'bob', 'carol')
  const conversation = await conversationOf(hub, alice, bob)
  await hub.restart()
  const live = await hub.connect(bob)
  const participants = [{ certificate: alice.certificate }, { certificate: carol.certificate }]
  const asked = [
    hub.call(bob, 'start', { participants }, { live }),
    hub.call(bob, 'send', { conversation, messageId: randomUUID(), payload: 'x' }, { live }),
    hub.call(bob, 'leave', { conversation }, { live }),
  ]
  hub.alter(bob, { revokedAt: then })
  hub.standingChanged(bob)
  for (const { code } of await Promise.all(asked.map(refusal))) t.equal(code, 'certificate_revoked')
  const { conversations } = await hub.call(bob, 'conversations')
  t.strictSame(conversations, [{ conversation, status: 'member', lastSeq: 4, ackedSeq: 0 }])
})

t.test('a poll that waits is refused with the code', async (t) => {
  const hub = await openHub(t)
  const { alice, bob } = await hub.users('alice', 'bob')
  const waiting = hub.call(bob, 'events', { wait: 55 })
  await turns()
  hub.alter(bob, { revokedAt: then })
  hub.standingChanged(bob)
  t.equal((await refusal(waiting)).code, 'certificate_revoked')
  t.equal((await refusal(hub.call(bob, 'events'))).code, 'certificate_revoked', 'and one that the guard let in before')
  const expiring = hub.call(alice, 'events', { wait: 55 })
  await turns()
  hub.clock.now = alice.record.certificate.notAfter.getTime()
  await hub.hub.sweep()
  t.equal((await refusal(expiring)).code, 'certificate_expired')
  t.equal(hub.hub.services.delivery.size, 0)
})

t.test('where the store cannot say, the connection ends and may come back', async (t) => {
  const hub = await openHub(t)
  const bob = await hub.user('bob')
  const { sink } = await hub.connect(bob)
  hub.alter(bob, new Error('the disk is gone'))
  hub.standingChanged(bob)
  await turns()
  t.same(sink.trace, ['synced', 'failed'])
})

t.test('the end of a certificate is what comes first', async (t) => {
  const hub = await openHub(t)
  const { record } = await hub.user('bob')
  const { notAfter } = record.certificate
  const superseded = (supersededAt: Date) => endOf({ ...record, certificate: { ...record.certificate, supersededAt } })
  t.same(endOf(record), { at: notAfter.getTime(), refusal: 'certificate_expired' })
  t.same(superseded(then), { at: NOW, refusal: 'certificate_superseded' })
  t.equal(superseded(new Date(notAfter.getTime() + 1)).refusal, 'certificate_expired')
})
