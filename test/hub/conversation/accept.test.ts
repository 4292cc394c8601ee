import t from 'tap'
import { decide } from '../../../src/hub/conversation/decide.js'
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
  NOW,
  started,
} from './world.js'

const invited = after(started(), invite('alice', 'bob'))

t.test('an acceptance that is proven is relayed to the inviter', async (t) => {
  const decision = decide(invited, accept('bob', { attachment: 'a2V5', attachmentDigest: 'sha256:ab' }))
  t.same(decision, {
    events: [
      {
        type: 'accepted',
        at: NOW,
        from: actor('bob'),
        invitation: I1,
        inviter: 'alice',
        certificate: 'certificate of bob',
        challenge: 'challenge of bob',
        signature: 'signature of bob',
        attachment: 'a2V5',
        attachmentDigest: 'sha256:ab',
      },
    ],
    answer: {},
  })
})

t.test('the same acceptance again changes nothing, whatever came of it', async (t) => {
  const accepted = after(invited, accept('bob'))
  const first = { events: [], answer: {} }
  t.same(decide(accepted, accept('bob')), first)
  t.same(decide(accepted, accept('bob', { proven: false })), first, 'the signature was good then')
  t.same(decide(after(accepted, confirm(accepted, 'alice')), accept('bob')), first)
  t.same(decide(after(accepted, end('decline', 'bob')), accept('bob', { at: AFTER_EXPIRY })), first)
  for (const changes of [{ challenge: 'x' }, { signature: 'x' }, { attachmentDigest: 'sha256:ab', attachment: 'x' }])
    t.equal(codeOf(decide(accepted, accept('bob', changes))), 'invitation_state', JSON.stringify(changes))
})

t.test('an acceptance is refused, first things first', async (t) => {
  const others = { proven: false, at: AFTER_EXPIRY }
  t.equal(codeOf(decide(invited, accept('bob', { ...others, invitation: I2 }))), 'invitation_not_found')
  t.equal(codeOf(decide(invited, accept('alice', others))), 'invitation_not_found', 'nor is it the inviter’s to accept')
  const member = after(joined(started(), 'alice', 'carol'), invite('alice', 'bob'))
  t.equal(codeOf(decide(member, accept('carol', others))), 'invitation_not_found', 'nor that of another member')
  t.equal(codeOf(decide(invited, accept('bob', { ...others, by: actor('bob', 2) }))), 'certificate_mismatch')
  t.equal(codeOf(decide(invited, accept('bob', others))), 'invitation_expired')
  t.equal(codeOf(decide(invited, accept('bob', { ...others, at: AFTER_EXPIRY - 1 }))), 'invalid_signature')
  const same = { challenge: 'challenge of alice', proven: false }
  t.equal(codeOf(decide(invited, accept('bob', same))), 'invalid_request', 'the two challenges differ')
  const cancelled = after(invited, end('cancel', 'alice'))
  t.equal(codeOf(decide(cancelled, accept('bob', others))), 'invitation_state', 'an end stays what it was')
  const expired = after(invited, { type: 'expire', at: AFTER_EXPIRY, invitation: I1 })
  t.equal(codeOf(decide(expired, accept('bob'))), 'invitation_expired')
})
