import { randomBytes } from 'node:crypto'
import t from 'tap'
import { newUser } from '../store/fixtures.js'
import { conversationOf, inviteTo } from './operations/handshake.js'
import { type HubFixture, type HubUser, NOW, openHub, refusal } from './operations/hub-fixture.js'

/** What a recovery stores, and nothing of what follows from it: as if the process had died then. */
async function recoverAndDie(hub: HubFixture, { record }: HubUser): Promise<string> {
  const { certificate } = newUser()
  const { identities } = hub.hub.services
  await identities.recover({
    userId: record.user.id,
    passwordHash: record.user.passwordHash,
    address: '192.0.2.1',
    certificate: { ...certificate, notAfter: new Date(NOW + 1_000_000), authorisedBy: 'password' },
    encryptedPrivateKey: null,
    reason: 'superseded',
    at: new Date(NOW),
  })
  await hub.restart()
  return certificate.fingerprint
}

async function lastOf(hub: HubFixture, reader: HubUser, conversation: string, count = 1) {
  return (await hub.call(reader, 'history', { conversation, after: 0, limit: 500 })).events.slice(-count)
}

t.test('a recovery that died before its events is finished by the first sweep', async (t) => {
  const hub = await openHub(t)
  const { alice, bob, carol } = await hub.users('alice', 'bob', 'carol')
  const conversations = [await conversationOf(hub, alice, bob, carol), await conversationOf(hub, alice, bob)]
  const { conversation: inviting } = await hub.call(carol, 'start', {
    participants: [{ username: 'bob', fingerprint: bob.fingerprint }],
  })
  await inviteTo(hub, inviting, carol, bob)
  await recoverAndDie(hub, bob)
  for (const conversation of conversations) t.not((await lastOf(hub, alice, conversation))[0]?.type, 'left')

  await hub.hub.sweep()
  for (const conversation of conversations)
    t.match(await lastOf(hub, alice, conversation), [
      { type: 'left', reason: 'recovered', from: { username: 'bob', fingerprint: bob.fingerprint } },
    ])
  t.match(await lastOf(hub, carol, inviting), [{ type: 'cancelled', reason: 'account recovered' }])
  t.same(await hub.hub.services.identities.findDeparting(10), [])
  await hub.hub.sweep()
  for (const conversation of conversations) {
    const events = await lastOf(hub, alice, conversation, 100)
    t.equal(events.filter(({ type }: { type: string }) => type === 'left').length, 1, 'once')
  }
})

t.test('many who settle one departure at once end each stay once, and what is begun since stays', async (t) => {
  const hub = await openHub(t)
  const { alice, bob } = await hub.users('alice', 'bob')
  const old = await conversationOf(hub, alice, bob)
  const fingerprint = await recoverAndDie(hub, bob)
  const { conversation } = await hub.call({ ...bob, fingerprint }, 'start', {
    participants: [{ username: 'alice', fingerprint: alice.fingerprint }],
  })
  const { departures } = hub.hub
  await Promise.all(Array.from({ length: 8 }, () => departures.settle(bob.record.user.id)))
  const events = await lastOf(hub, alice, old, 100)
  t.equal(events.filter(({ type }: { type: string }) => type === 'left').length, 1)
  t.match(await lastOf(hub, { ...bob, fingerprint }, conversation), [{ type: 'started' }])
})

t.test('a certificate that only a password vouches for acts for no member, whatever the log says', async (t) => {
  const hub = await openHub(t)
  const { alice, bob } = await hub.users('alice', 'bob')
  const conversation = await conversationOf(hub, alice, bob)
  const stranger = { ...bob, fingerprint: await recoverAndDie(hub, bob) }
  const messageId = '01900000-0000-7000-8000-000000000001'
  const { username, fingerprint } = alice
  for (const [name, params] of [
    ['send', { messageId, payload: 'x' }],
    ['signal', { payload: 'x' }],
    ['leave', {}],
    ['invite', { username, fingerprint, challenge: randomBytes(32).toString('base64url') }],
  ] as const)
    t.equal((await refusal(hub.call(stranger, name, { conversation, ...params }))).code, 'conversation_not_found', name)
  t.equal((await lastOf(hub, alice, conversation))[0]?.type, 'joined', 'and nothing of it is in the log')
})
