import { randomUUID } from 'node:crypto'
import t from 'tap'
import { rosterDigest } from '../../../src/wire/transcript.js'
import { challenge } from '../../support/user.js'
import { acceptance, confirmation, conversationOf, inviteTo, join } from './handshake.js'
import { NOW, openHub, refusal, turns } from './hub-fixture.js'

const WEEK_MS = 7 * 24 * 3600 * 1000

t.test('invited with one requestId ten times at once it is one invitation, and ten equal answers', async (t) => {
  const hub = await openHub(t)
  const { alice, bob, carol } = await hub.users('alice', 'bob', 'carol')
  const { conversation } = await hub.call(alice, 'start', { participants: [{ certificate: bob.certificate }] })
  const { username, fingerprint } = bob
  const params = { conversation, username, fingerprint, challenge: challenge(), requestId: randomUUID() }
  const answers = await Promise.all(Array.from({ length: 10 }, () => hub.call(alice, 'invite', params)))
  for (const answer of answers) t.same(answer, answers[0])
  t.match(answers[0], { seq: 2, rosterSeq: 1, members: [{ username: 'alice' }], expiresAt: '2027-01-09T03:04:05Z' })
  await t.rejects(hub.call(alice, 'invite', { ...params, challenge: challenge() }), { code: 'request_conflict' })
  await t.rejects(
    hub.call(alice, 'start', { participants: [{ certificate: carol.certificate }], requestId: params.requestId }),
    { code: 'request_conflict' },
  )
  const { requestId: _, ...again } = params
  await t.rejects(hub.call(alice, 'invite', again), { code: 'invitation_open' })
})

t.test('who is invited is named by his current and good certificate', async (t) => {
  const hub = await openHub(t)
  const { alice, bob, carol } = await hub.users('alice', 'bob', 'carol')
  const conversation = await conversationOf(hub, alice, bob)
  const { username, fingerprint } = carol
  const params = { conversation, username, fingerprint, challenge: challenge() }
  await t.rejects(hub.call(alice, 'invite', { ...params, username: 'nobody' }), { code: 'user_not_found' })
  await t.rejects(hub.call(alice, 'invite', { ...params, fingerprint: bob.fingerprint }), {
    code: 'certificate_mismatch',
  })
  hub.alter(carol, { supersededAt: new Date(NOW) })
  await t.rejects(hub.call(alice, 'invite', params), { code: 'certificate_rejected' })
  hub.alter(carol, {})
  await t.rejects(hub.call(carol, 'invite', { ...params, username: 'nobody' }), { code: 'conversation_not_found' })
  t.match(await hub.call(alice, 'invite', params), { rosterSeq: 4 })
})

t.test('confirmed with a roster that has changed, the inviter looks and signs again', async (t) => {
  const hub = await openHub(t)
  const { alice, bob, carol } = await hub.users('alice', 'bob', 'carol')
  const { conversation } = await hub.call(alice, 'start', { participants: [{ certificate: bob.certificate }] })
  const first = await inviteTo(hub, conversation, alice, bob)
  const second = await inviteTo(hub, conversation, alice, carol)
  await hub.call(bob, 'accept', acceptance(first))
  await hub.call(carol, 'accept', acceptance(second))
  const [joined, changed] = await Promise.all([
    hub.call(alice, 'confirm', confirmation(first)),
    refusal(hub.call(alice, 'confirm', confirmation(second))),
  ])
  t.equal(joined.seq, 6)
  t.equal(changed.code, 'roster_changed')
  const { members } = await hub.call(alice, 'members', { conversation })
  t.same(
    changed.data.members,
    members.map(({ username, fingerprint }) => ({ username, fingerprint })),
  )
  const roster = String(changed.data.roster)
  t.equal(roster, rosterDigest(members))
  t.match(await hub.call(alice, 'confirm', confirmation(second, roster)), { seq: 7 })
  const { events } = await hub.call(carol, 'history', { conversation, after: 0 })
  t.match(events, [{ seq: 7, type: 'joined', confirmationRoster: roster, roster: second.fields.roster, rosterSeq: 2 }])
  t.same(events[0]?.members, [{ username: 'alice', fingerprint: alice.fingerprint }], 'those that invited showed')
})

t.test('of two confirmations at once the second is verified against what the first made', async (t) => {
  const hub = await openHub(t)
  const { alice, bob, carol } = await hub.users('alice', 'bob', 'carol')
  const { conversation } = await hub.call(alice, 'start', { participants: [{ certificate: bob.certificate }] })
  const first = await inviteTo(hub, conversation, alice, bob)
  const second = await inviteTo(hub, conversation, alice, carol)
  await hub.call(bob, 'accept', acceptance(first))
  await hub.call(carol, 'accept', acceptance(second))
  const both = rosterDigest([alice, bob])
  const answers = await Promise.all([
    hub.call(alice, 'confirm', confirmation(first)),
    hub.call(alice, 'confirm', confirmation(second, both)),
  ])
  t.match(answers, [{ seq: 6 }, { seq: 7 }], 'signed for what would be when it was decided')
})

t.test('a false signature moves nothing', async (t) => {
  const hub = await openHub(t)
  const { alice, bob } = await hub.users('alice', 'bob')
  const { conversation } = await hub.call(alice, 'start', { participants: [{ certificate: bob.certificate }] })
  const handshake = await inviteTo(hub, conversation, alice, bob)
  const accepting = acceptance(handshake)
  const invalid = { code: 'invalid_signature' }
  await t.rejects(hub.call(bob, 'accept', { ...accepting, challenge: challenge() }), invalid)
  await t.rejects(hub.call(bob, 'accept', { ...accepting, attachment: 'YQ' }), invalid, 'what is attached is covered')
  await t.rejects(hub.call(bob, 'accept', acceptance({ ...handshake, invitee: alice })), invalid)
  await t.rejects(hub.call(alice, 'accept', accepting), { code: 'invitation_not_found' })
  await t.rejects(hub.call(alice, 'confirm', confirmation(handshake)), { code: 'invitation_state' })
  t.same(await hub.call(bob, 'accept', accepting), {})
  t.same(await hub.call(bob, 'accept', accepting), {}, 'repeated')
  const confirming = confirmation(handshake)
  await t.rejects(hub.call(alice, 'confirm', { ...confirming, signature: accepting.signature }), invalid)
  await t.rejects(hub.call(alice, 'confirm', { ...confirming, commit: 'YQ' }), invalid)
  await t.rejects(hub.call(bob, 'confirm', confirming), { code: 'invitation_not_found' })
  t.match(await hub.call(alice, 'confirm', confirming), { seq: 4 })
  t.match(await hub.call(alice, 'confirm', confirming), { seq: 4 }, 'repeated')
  await t.rejects(hub.call(bob, 'decline', { invitation: handshake.invitation }), { code: 'invitation_state' })
})

t.test('an invitation whose time is up has expired, whoever comes first', async (t) => {
  const hub = await openHub(t)
  const { alice, bob, carol, dave } = await hub.users('alice', 'bob', 'carol', 'dave')
  const conversation = await conversationOf(hub, alice, bob)
  const [toCarol, toDave] = [
    await inviteTo(hub, conversation, alice, carol),
    await inviteTo(hub, conversation, bob, dave),
  ]
  const live = await hub.connect(carol)
  const a = await hub.connect(alice)
  hub.clock.now += WEEK_MS
  await t.rejects(hub.call(carol, 'accept', acceptance(toCarol)), { code: 'invitation_expired', status: 410 })
  await turns()
  t.match(live.sink.seen, [{ type: 'invited' }, { type: 'expired', invitation: toCarol.invitation }])
  t.match(a.sink.seen.at(-1), { type: 'expired', from: { username: 'alice' } })
  await t.rejects(hub.call(carol, 'accept', acceptance(toCarol)), { code: 'invitation_expired' })
  t.equal(a.sink.seen.filter(({ type }) => type === 'expired').length, 1, 'it expires once')
  await hub.hub.sweep()
  await turns()
  await turns()
  await hub.hub.sweep()
  t.match(await hub.call(bob, 'history', { conversation, after: 7 }), {
    events: [{ type: 'expired', invitation: toDave.invitation, from: { username: 'bob' } }],
  })
  await t.rejects(hub.call(bob, 'cancel', { invitation: toDave.invitation }), { code: 'invitation_expired' })
})

t.test('declined or cancelled too late, it has expired', async (t) => {
  const hub = await openHub(t)
  const { alice, bob } = await hub.users('alice', 'bob')
  const { conversation } = await hub.call(alice, 'start', { participants: [{ certificate: bob.certificate }] })
  const { invitation } = await inviteTo(hub, conversation, alice, bob)
  hub.clock.now += WEEK_MS
  await t.rejects(hub.call(bob, 'decline', { invitation }), { code: 'invitation_expired' })
  await t.rejects(hub.call(alice, 'cancel', { invitation }), { code: 'invitation_expired' })
  t.match((await hub.call(alice, 'history', { conversation, after: 2 })).events, [{ type: 'expired' }])
})

t.test('a certificate of the transcript that is no longer good ends it, with the reason', async (t) => {
  const hub = await openHub(t)
  const { alice, bob, carol } = await hub.users('alice', 'bob', 'carol')
  const conversation = await conversationOf(hub, alice, bob)
  const first = await inviteTo(hub, conversation, bob, carol)
  hub.alter(bob, { revokedAt: new Date(NOW) })
  const accepting = hub.call(carol, 'accept', acceptance(first))
  await t.rejects(accepting, { code: 'invitation_state', data: { state: 'cancelled' } })
  const second = await inviteTo(hub, conversation, alice, carol)
  await hub.call(carol, 'accept', acceptance(second))
  hub.alter(carol, { supersededAt: new Date(NOW) })
  await t.rejects(hub.call(alice, 'confirm', confirmation(second)), { code: 'invitation_state' })
  const { events } = await hub.call(alice, 'history', { conversation, after: 4 })
  t.match(
    events.filter(({ type }) => type === 'cancelled'),
    [
      { invitation: first.invitation, from: { username: 'bob' }, reason: 'bob: certificate_revoked' },
      { invitation: second.invitation, from: { username: 'alice' }, reason: 'carol: certificate_superseded' },
    ],
  )
})

t.test('a member leaves, comes back, and is told the seq of his last end', async (t) => {
  const hub = await openHub(t)
  const { alice, bob, carol } = await hub.users('alice', 'bob', 'carol')
  const conversation = await conversationOf(hub, alice, bob)
  const { invitation } = await inviteTo(hub, conversation, bob, carol)
  t.match(await hub.call(bob, 'leave', { conversation, reason: 'bye' }), { seq: 6 })
  t.match(await hub.call(bob, 'leave', { conversation }), { seq: 6 })
  await t.rejects(hub.call(carol, 'decline', { invitation }), { code: 'invitation_state' })
  await join(hub, conversation, alice, bob)
  t.match(await hub.call(bob, 'leave', { conversation }), { seq: 11 })
  t.match(await hub.call(bob, 'leave', { conversation }), { seq: 11 })
  t.match(await hub.call(alice, 'leave', { conversation }), { seq: 12 })
  await t.rejects(hub.call(alice, 'send', { conversation, messageId: randomUUID(), payload: '' }), {
    code: 'conversation_not_found',
  })
})
