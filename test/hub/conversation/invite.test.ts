import t from 'tap'
import { decide } from '../../../src/hub/conversation/decide.js'
import { memberList, rosterOf } from '../../../src/hub/conversation/roster.js'
import { actor, after, codeOf, end, eventsOf, I1, I2, invite, joined, leave, NOW, party, started } from './world.js'

t.test('an invitation names the members and their roster as they are', async (t) => {
  const state = joined(started(), 'alice', 'bob')
  const decision = decide(state, invite('bob', 'carol', { attachment: 'a2V5', attachmentDigest: 'sha256:ab' }))
  const seq = state.lastSeq + 1
  const members = ['alice', 'bob'].map((username) => ({
    username,
    fingerprint: actor(username as 'alice').fingerprint,
  }))
  t.same(decision, {
    events: [
      {
        type: 'invited',
        at: NOW,
        from: actor('bob'),
        invitation: I1,
        invitee: party('carol'),
        certificate: 'certificate of bob',
        challenge: 'challenge of bob',
        expiresAt: '2027-01-09T03:04:05Z',
        roster: rosterOf(state),
        members,
        rosterSeq: state.lastSeq,
        attachment: 'a2V5',
        attachmentDigest: 'sha256:ab',
      },
    ],
    answer: {
      invitation: I1,
      expiresAt: '2027-01-09T03:04:05Z',
      roster: rosterOf(state),
      members,
      rosterSeq: state.lastSeq,
      seq,
    },
  })
  t.same(memberList(state.members), members, 'the invitee is not among them')
})

t.test('someone who was not listed may be invited, and someone who left', async (t) => {
  const state = joined(started(), 'alice', 'bob')
  t.equal(codeOf(decide(state, invite('alice', 'frank'))), undefined)
  t.equal(codeOf(decide(after(state, leave('bob')), invite('alice', 'bob'))), undefined)
})

t.test('an invitation is refused, first things first', async (t) => {
  const state = started()
  t.equal(codeOf(decide(state, invite('bob', 'alice'))), 'conversation_not_found', 'listed is not a member')
  t.equal(codeOf(decide(joined(state, 'alice', 'bob'), invite('alice', 'bob'))), 'already_member')
  t.equal(codeOf(decide(state, invite('alice', 'alice'))), 'already_member', 'nobody invites himself')
  t.equal(
    codeOf(decide(state, invite('alice', 'bob', { by: actor('alice', 2) }))),
    'certificate_mismatch',
    'the roster shows him under another certificate: nobody could accept it',
  )
  const open = after(state, invite('alice', 'bob'))
  t.equal(codeOf(decide(open, invite('alice', 'bob', { invitation: I2 }))), 'invitation_open')
  t.equal(
    codeOf(decide(open, invite('alice', 'bob', { invitation: I2, invitee: party('bob', 2) }))),
    'invitation_open',
    'one for each invitee, whatever his certificate',
  )
  const ended = after(open, end('decline', 'bob'))
  t.equal(codeOf(decide(ended, invite('alice', 'bob', { invitation: I2 }))), undefined, 'after its end another')
})

t.test('a conversation is full of members and open invitations together', async (t) => {
  const two = after(started(), invite('alice', 'bob', { membersMax: 2 }))
  const full = decide(two, invite('alice', 'carol', { invitation: I2, membersMax: 2 }))
  t.equal(codeOf(full), 'conversation_full')
  t.equal(codeOf(decide(two, invite('alice', 'bob', { invitation: I2, membersMax: 2 }))), 'invitation_open')
  t.equal(codeOf(decide(two, invite('bob', 'carol', { membersMax: 2 }))), 'conversation_not_found')
  const cancelled = after(two, end('cancel', 'alice'))
  t.equal(eventsOf(decide(cancelled, invite('alice', 'carol', { invitation: I2, membersMax: 2 }))).length, 1)
})

t.test('a conversation may have had so many invitations, ended ones too', async (t) => {
  const ended = after(after(started(), invite('alice', 'bob')), end('cancel', 'alice'))
  const again = (invitationsMax: number) => decide(ended, invite('alice', 'bob', { invitation: I2, invitationsMax }))
  t.equal(codeOf(again(1)), 'quota_exceeded')
  t.equal(eventsOf(again(2)).length, 1)
})
