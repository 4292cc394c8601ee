import { randomUUID } from 'node:crypto'
import t from 'tap'
import { openHub } from './hub-fixture.js'

t.test('started with one requestId ten times at once it is one conversation, and ten equal answers', async (t) => {
  const hub = await openHub(t)
  const { alice, bob } = await hub.users('alice', 'bob')
  const params = { participants: [{ certificate: bob.certificate }], requestId: randomUUID() }
  const answers = await Promise.all(Array.from({ length: 10 }, () => hub.call(alice, 'start', params)))
  const [first] = answers
  for (const answer of answers) t.same(answer, first)
  t.match(first, {
    seq: 1,
    participants: [{ username: 'bob', fingerprint: bob.fingerprint, certificate: bob.certificate }],
  })
  t.match((await hub.call(alice, 'conversations')).conversations, { length: 1 })
  await hub.restart()
  t.same(await hub.call(alice, 'start', params), first, 'another process remembers')
  const other = { participants: [{ username: 'bob', fingerprint: bob.fingerprint }], requestId: params.requestId }
  await t.rejects(hub.call(alice, 'start', other), { code: 'request_conflict' })
  t.notSame(await hub.call(bob, 'start', { ...params, participants: [{ certificate: alice.certificate }] }), first)
})

t.test('a requestId whose first use was refused may be used again', async (t) => {
  const hub = await openHub(t)
  const { alice, bob } = await hub.users('alice', 'bob')
  const requestId = randomUUID()
  const wrong = { participants: [{ username: 'carol', fingerprint: bob.fingerprint }], requestId }
  await t.rejects(hub.call(alice, 'start', wrong), { code: 'user_not_found' })
  t.match(await hub.call(alice, 'start', { participants: [{ certificate: bob.certificate }], requestId }), { seq: 1 })
})

t.test('each must be named by his current and good certificate; the first that fails is told', async (t) => {
  const hub = await openHub(t)
  const { alice, bob, carol } = await hub.users('alice', 'bob', 'carol')
  const reference = ({ username, fingerprint }: typeof bob) => ({ username, fingerprint })
  const start = (...participants: object[]) => hub.call(alice, 'start', { participants })
  await t.rejects(start(), 'nobody')
  await t.rejects(start({ username: 'dave', fingerprint: bob.fingerprint }), { code: 'user_not_found' })
  await t.rejects(start({ username: 'bob', fingerprint: carol.fingerprint }), { code: 'certificate_mismatch' })
  await t.rejects(start(reference(bob), { certificate: bob.certificate }), {
    code: 'certificate_rejected',
    message: 'params.participants.1: bob takes part already',
  })
  await t.rejects(start(reference(alice)), { code: 'certificate_rejected' }, 'not the caller himself')
  await t.rejects(start({ certificate: 'no certificate' }), { code: 'certificate_rejected' })
  await t.rejects(start({ certificate: hub.root.users.certificatePem }), { code: 'certificate_rejected' })
  hub.alter(carol, { revokedAt: new Date(0) })
  await t.rejects(start(reference(bob), reference(carol)), {
    code: 'certificate_rejected',
    message: 'params.participants.1: the certificate of carol is refused: certificate_revoked',
  })
})

t.test('those who are listed learn nothing and have no right', async (t) => {
  const hub = await openHub(t)
  const { alice, bob } = await hub.users('alice', 'bob')
  const live = await hub.connect(bob)
  const { conversation } = await hub.call(alice, 'start', { participants: [{ certificate: bob.certificate }] })
  t.same(live.sink.trace, ['synced'])
  t.same((await hub.call(bob, 'conversations')).conversations, [])
  const notFound = { code: 'conversation_not_found' }
  const message = { conversation, messageId: randomUUID(), payload: 'x' }
  await t.rejects(hub.call(bob, 'send', message), notFound)
  await t.rejects(hub.call(bob, 'history', { conversation, after: 0 }), notFound)
  await t.rejects(hub.call(bob, 'members', { conversation }), notFound)
  await t.rejects(hub.call(bob, 'signal', { conversation, payload: 'x' }), notFound)
  await t.rejects(hub.call(bob, 'leave', { conversation }), notFound)
  await t.rejects(hub.call(bob, 'ack', { conversation, seq: 1 }), notFound)
  const invite = { conversation, username: 'nobody', fingerprint: bob.fingerprint, challenge: 'A'.repeat(43) }
  await t.rejects(hub.call(bob, 'invite', invite), notFound, 'nor whether others exist')
})
