import t from 'tap'
import { decide } from '../../../src/hub/conversation/decide.js'
import { memberList, rosterOf } from '../../../src/hub/conversation/roster.js'
import {
  AFTER_EXPIRY,
  accept,
  actor,
  after,
  codeOf,
  confirm,
  end,
  I1,
  I2,
  invite,
  joined,
  leave,
  NOW,
  party,
  send,
  started,
} from './world.js'

const invited = after(started(), invite('alice', 'bob', { attachment: 'YQ', attachmentDigest: 'sha256:a' }))
const accepted = after(invited, accept('bob', { attachment: 'Yg', attachmentDigest: 'sha256:b' }))
const members = memberList(started().members)

t.test('joined holds all that proves it', async (t) => {
  const command = confirm(accepted, 'alice', {
    attachment: 'Yw',
    attachmentDigest: 'sha256:c',
    commit: 'ZA',
    commitDigest: 'sha256:d',
    invitedMembers: members,
  })
  t.same(decide(accepted, command), {
    events: [
      {
        type: 'joined',
        at: NOW,
        from: actor('alice'),
        invitation: I1,
        expiresAt: '2027-01-09T03:04:05Z',
        inviter: { ...party('alice'), certificate: 'certificate of alice' },
        member: { ...party('bob'), certificate: 'certificate of the member' },
        inviterChallenge: 'challenge of alice',
        inviteeChallenge: 'challenge of bob',
        roster: rosterOf(started()),
        members,
        rosterSeq: 1,
        confirmationRoster: rosterOf(accepted),
        inviteeSignature: 'signature of bob',
        inviterSignature: 'confirmation of alice',
        inviterAttachment: 'sha256:a',
        inviteeAttachment: 'sha256:b',
        confirmationAttachment: 'sha256:c',
        commitAttachment: 'sha256:d',
        commit: 'ZA',
        attachment: 'Yw',
        raisesEpoch: false,
      },
    ],
    answer: { seq: 4 },
  })
})

t.test('where nothing is attached the digest is a dash', async (t) => {
  const plain = after(started(), invite('alice', 'bob'), accept('bob'))
  const [event] = decide(plain, confirm(plain, 'alice')).events ?? []
  t.match(event, { inviterAttachment: '-', inviteeAttachment: '-', confirmationAttachment: '-', commitAttachment: '-' })
})

t.test('the same confirmation again answers with the same seq', async (t) => {
  const member = after(accepted, confirm(accepted, 'alice'))
  const later = after(member, send('bob'))
  t.same(decide(later, confirm(accepted, 'alice')), { events: [], answer: { seq: 4 } })
  t.same(decide(later, confirm(later, 'alice', { good: false, at: AFTER_EXPIRY })), { events: [], answer: { seq: 4 } })
  for (const changes of [{ signature: 'x' }, { attachmentDigest: 'sha256:x' }, { commitDigest: 'sha256:x' }])
    t.equal(codeOf(decide(later, confirm(later, 'alice', changes))), 'invitation_state', JSON.stringify(changes))
})

t.test('a confirmation is refused, first things first', async (t) => {
  const bad = { good: false, at: AFTER_EXPIRY, epoch: 7 }
  t.equal(codeOf(decide(accepted, confirm(accepted, 'alice', { ...bad, invitation: I2 }))), 'invitation_not_found')
  t.equal(codeOf(decide(accepted, confirm(accepted, 'bob', bad))), 'invitation_not_found', 'not the invitee’s')
  const third = after(joined(started(), 'alice', 'carol'), invite('alice', 'bob'), accept('bob'))
  t.equal(codeOf(decide(third, confirm(third, 'carol', bad))), 'invitation_not_found', 'nor another member’s')
  t.equal(
    codeOf(decide(accepted, confirm(accepted, 'alice', { ...bad, by: actor('alice', 2) }))),
    'certificate_mismatch',
  )
  t.equal(codeOf(decide(accepted, confirm(accepted, 'alice', bad))), 'invitation_expired')
  t.equal(codeOf(decide(invited, confirm(invited, 'alice', { good: false, epoch: 7 }))), 'invitation_state')
  t.equal(codeOf(decide(accepted, confirm(accepted, 'alice', { good: false, epoch: 7 }))), 'invalid_signature')
  t.equal(codeOf(decide(accepted, confirm(accepted, 'alice', { epoch: 7 }))), 'epoch_conflict')
  const left = after(third, leave('alice'))
  t.equal(codeOf(decide(left, confirm(left, 'alice', bad))), 'invitation_not_found', 'he is no member any more')
})

t.test('a signature over members who have changed is no false one', async (t) => {
  const both = after(accepted, invite('alice', 'carol', { invitation: I2 }), accept('carol', { invitation: I2 }))
  const first = after(both, confirm(both, 'alice'))
  const stale = decide(first, confirm(both, 'alice', { invitation: I2 }))
  t.equal(codeOf(stale), 'stale_proof', 'verified against other members than there are: verify again')
  t.equal(codeOf(decide(first, confirm(both, 'alice', { invitation: I2, good: false }))), 'stale_proof')
  t.same(decide(first, confirm(first, 'alice', { invitation: I2, good: false })).refusal, {
    code: 'roster_changed',
    message: 'the members have changed since the invitation: look, and sign again',
    data: { members: memberList(first.members), roster: rosterOf(first) },
  })
  t.equal(codeOf(decide(first, confirm(first, 'alice', { invitation: I2 }))), undefined)
  const back = after(first, leave('bob'))
  t.equal(
    codeOf(decide(back, confirm(back, 'alice', { invitation: I2, good: false }))),
    'invalid_signature',
    'the members are again those of the invitation',
  )
})

t.test('a confirmation that names the epoch raises it', async (t) => {
  const [event] = decide(accepted, confirm(accepted, 'alice', { epoch: 0 })).events ?? []
  t.match(event, { raisesEpoch: true })
  const member = after(accepted, confirm(accepted, 'alice', { epoch: 0 }))
  t.equal(member.epoch, 1)
  t.same(decide(member, send('bob', { epoch: 0 })).refusal?.data, { epoch: 1 })
})

t.test('a cancelled invitation is not confirmed', async (t) => {
  const cancelled = after(accepted, end('cancel', 'alice'))
  const { refusal } = decide(cancelled, confirm(cancelled, 'alice'))
  t.match(refusal, { code: 'invitation_state', data: { state: 'cancelled' } })
})
