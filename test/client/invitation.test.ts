import { randomUUID } from 'node:crypto'
import t from 'tap'
import { createChallenge } from '../../src/client/invitation.js'
import { acceptInvitation, receiveInvitation, verifyConfirmation } from '../../src/client/invitee.js'
import { confirmInvitation, rememberInvitation, verifyAcceptance } from '../../src/client/inviter.js'
import { verifyMembership } from '../../src/client/membership.js'
import { AcceptedEvent, InvitedEvent, JoinedEvent } from '../../src/wire/events.js'
import { attachmentDigest, rosterDigest } from '../../src/wire/transcript.js'
import { createInstallation, createInvitation, createParty, DAY, now } from './parties.js'

const installation = createInstallation()
const { pin } = installation
const [alice, bob, eve] = ['alice', 'bob', 'eve'].map((name) => createParty(installation, name)) as [
  ReturnType<typeof createParty>,
  ReturnType<typeof createParty>,
  ReturnType<typeof createParty>,
]
const party = ({ username, fingerprint, certificate }: typeof alice) => ({ username, fingerprint, certificate })
const [first, second, third, commit] = ['Zmlyc3Q', 'c2Vjb25k', 'dGhpcmQ', 'Y29tbWl0']

/** The three passes between honest parties, with everything that was sent and shown on the way. */
async function handshake() {
  const { params, answer, event } = createInvitation(alice, bob, first)
  const sent = rememberInvitation(alice, params, answer, now)
  const received = receiveInvitation(bob, pin, event, now)
  const accept = acceptInvitation(bob, pin, received, second)
  const acceptedEvent = AcceptedEvent.parse({
    conversation: params.conversation,
    at: now.toISOString(),
    seq: 3,
    from: { username: 'bob', fingerprint: bob.fingerprint },
    type: 'accepted',
    certificate: bob.certificate,
    ...accept.params,
    attachmentDigest: attachmentDigest(second),
  })
  const acceptance = await verifyAcceptance(alice, pin, sent, acceptedEvent, now)
  const confirm = confirmInvitation(alice, acceptance, { attachment: third, commit })
  const joined = JoinedEvent.parse({
    conversation: params.conversation,
    at: now.toISOString(),
    seq: 4,
    from: { username: 'alice', fingerprint: alice.fingerprint },
    type: 'joined',
    invitation: answer.invitation,
    expiresAt: answer.expiresAt,
    inviter: party(alice),
    member: party(bob),
    inviterChallenge: params.challenge,
    inviteeChallenge: accept.params.challenge,
    roster: answer.roster,
    members: answer.members,
    rosterSeq: answer.rosterSeq,
    confirmationRoster: answer.roster,
    inviteeSignature: accept.params.signature,
    inviterSignature: confirm.signature,
    inviterAttachment: attachmentDigest(first),
    inviteeAttachment: attachmentDigest(second),
    confirmationAttachment: attachmentDigest(third),
    commitAttachment: attachmentDigest(commit),
    attachment: third,
    commit,
  })
  return { params, answer, event, sent, accept, acceptedEvent, acceptance, joined }
}

t.test('honest parties, honestly relayed, become sure of each other', async (t) => {
  const { accept, joined } = await handshake()
  await t.resolves(verifyConfirmation(accept.accepted, joined))
  await t.resolves(verifyMembership(pin, joined))
  const { attachment, ...seenByOthers } = joined
  await t.resolves(verifyMembership(pin, seenByOthers))
})

t.test('the invitee refuses whatever does not hold in an invitation', async (t) => {
  const { event } = await handshake()
  const members = [{ username: 'alice', fingerprint: alice.fingerprint }]
  const withMembers = (list: typeof members) => ({ members: list, roster: rosterDigest(list) })
  const lies: readonly (readonly [change: object, reason: RegExp])[] = [
    [{ invitee: { username: 'eve', fingerprint: eve.fingerprint } }, /is for eve/],
    [{ invitee: { username: 'bob', fingerprint: eve.fingerprint } }, /is for bob under/],
    [{ from: { username: 'eve', fingerprint: eve.fingerprint } }, /names URI:acct:alice@example\.org/],
    [{ from: { username: 'alice', fingerprint: eve.fingerprint } }, /not the one of alice named/],
    [{ certificate: eve.certificate }, /names URI:acct:eve/],
    [{ certificate: createParty(createInstallation(), 'alice').certificate }, /pinned root/],
    [{ roster: rosterDigest([]) }, /digest of the members/],
    [withMembers([]), /alice is not among the members/],
    [withMembers([{ username: 'alice', fingerprint: eve.fingerprint }]), /alice is not among the members/],
    [withMembers([...members, { username: 'bob', fingerprint: bob.fingerprint }]), /bob is among the members already/],
    [withMembers([...members, { username: 'alice', fingerprint: eve.fingerprint }]), /named twice/],
    [{ attachment: second }, /attachment/],
    [{ attachment: undefined }, /attachment/],
    [{ expiresAt: '2020-01-01T00:00:00Z' }, /ended at/],
    [{ expiresAt: `${new Date(now.getTime() + 31 * DAY).toISOString().slice(0, 19)}Z` }, /over 30 days/],
  ]
  for (const [change, reason] of lies) {
    const lie = InvitedEvent.parse({ ...event, ...change })
    t.throws(() => receiveInvitation(bob, pin, lie, now), { name: 'VerificationError', message: reason }, `${reason}`)
  }
  const own = createInvitation(bob, bob).event
  t.throws(() => receiveInvitation(bob, pin, own, now), /himself/)
})

t.test('the inviter refuses an answer to invite that does not show him', async (t) => {
  const { params, answer } = await handshake()
  const members = [{ username: 'alice', fingerprint: eve.fingerprint }]
  t.throws(() => rememberInvitation(alice, params, { ...answer, members }, now), /digest/)
  t.throws(
    () => rememberInvitation(alice, params, { ...answer, members, roster: rosterDigest(members) }, now),
    /alice is not/,
  )
})

t.test('the inviter refuses whatever does not hold in an acceptance', async (t) => {
  const { sent, acceptedEvent, accept } = await handshake()
  const otherBob = createParty(installation, 'bob')
  const lies: readonly (readonly [change: object, reason: RegExp])[] = [
    [{ invitation: randomUUID() }, /another invitation/],
    [{ certificate: eve.certificate }, /names URI:acct:eve/],
    [{ certificate: otherBob.certificate }, /another certificate/],
    [{ challenge: sent.sent.challenge }, /the same/],
    [{ challenge: createChallenge() }, /signature of bob/],
    [{ attachment: first }, /attachment/],
    [{ attachment: first, attachmentDigest: attachmentDigest(first) }, /signature of bob/],
    [{ signature: accept.params.signature.replace(/^..../, 'AAAA') }, /signature of bob/],
  ]
  for (const [change, reason] of lies) {
    const lie = AcceptedEvent.parse({ ...acceptedEvent, ...change })
    await t.rejects(verifyAcceptance(alice, pin, sent, lie, now), { message: reason }, `${reason}`)
  }
})

t.test('what no transcript can hold was signed by nobody', async (t) => {
  const { accept, joined } = await handshake()
  const malformed = [
    ['confirmationRoster', '-'],
    ['confirmationAttachment', 'sha256:00'],
    ['expiresAt', '2030-13-01T00:00:00Z'],
  ] as const
  for (const [field, value] of malformed) {
    const lie = { ...joined, [field]: value }
    const expected = { name: 'VerificationError' }
    if (field !== 'confirmationAttachment') await t.rejects(verifyMembership(pin, lie), expected, field)
    if (field !== 'expiresAt') await t.rejects(verifyConfirmation(accept.accepted, lie), expected, field)
  }
})

t.test('what this side signs and verifies comes from its own memory', async (t) => {
  const { event, sent, acceptedEvent, accept, joined } = await handshake()
  const elsewhere = { ...pin, rootFingerprint: eve.fingerprint }
  await t.rejects(verifyAcceptance(alice, elsewhere, sent, acceptedEvent, now), /signature of bob/, 'hub is the pin')
  const other = acceptInvitation(bob, pin, receiveInvitation(bob, pin, event, now), second)
  await t.rejects(verifyConfirmation(other.accepted, joined), /signature of alice/, 'the challenge is its own')
  const elsewhereJoined = JoinedEvent.parse({ ...joined, invitation: randomUUID() })
  await t.rejects(verifyConfirmation(accept.accepted, elsewhereJoined), /another invitation/)
  await t.rejects(verifyConfirmation(accept.accepted, { ...joined, attachment: first }), /attachment/)
  await t.rejects(verifyConfirmation(accept.accepted, { ...joined, commit: first }), /attachment/)
  await t.rejects(
    verifyConfirmation(accept.accepted, { ...joined, inviterSignature: joined.inviteeSignature }),
    /signature of alice/,
    'an accept is no confirm',
  )
})

t.test('a third party refuses a membership that either signature does not cover', async (t) => {
  const { joined } = await handshake()
  const lies: readonly (readonly [change: object, reason: RegExp])[] = [
    [{ member: party(eve) }, /signature of eve/],
    [{ inviter: party(eve) }, /eve is not among the members/],
    [{ member: { ...party(bob), fingerprint: eve.fingerprint } }, /not the one of bob named/],
    [{ inviteeChallenge: joined.inviterChallenge }, /the same/],
    [{ conversation: randomUUID() }, /signature of bob/],
    [{ confirmationRoster: rosterDigest([]) }, /signature of alice/],
    [{ commitAttachment: '-' }, /attachment/],
    [{ commit: undefined, commitAttachment: '-' }, /signature of alice/],
  ]
  for (const [change, reason] of lies)
    await t.rejects(
      verifyMembership(pin, JoinedEvent.parse({ ...joined, ...change })),
      { message: reason },
      `${reason}`,
    )
})

t.test('a hub whose clock was set back has members all the same, one that lies about the time has not', async (t) => {
  const { joined } = await handshake()
  const at = (days: number) =>
    verifyMembership(pin, { ...joined, at: new Date(now.getTime() + days * DAY).toISOString() })
  await t.resolves(at(-0.9))
  await t.rejects(at(-3), /not valid at/)
  await t.rejects(at(31), /not valid at/)
})

t.test('the inviter signs the members as they are when he confirms', async (t) => {
  const { acceptance } = await handshake()
  const members = [...acceptance.members, { username: 'eve', fingerprint: eve.fingerprint }]
  t.ok(confirmInvitation(alice, acceptance, { members, epoch: 3 }).signature)
  t.throws(() => confirmInvitation(alice, acceptance, { members: [] }), /this side/)
  const withBob = [...acceptance.members, { username: 'bob', fingerprint: bob.fingerprint }]
  t.throws(() => confirmInvitation(alice, acceptance, { members: withBob }), /bob is a member already/)
})
