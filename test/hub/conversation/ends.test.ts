import t from 'tap'
import { decide } from '../../../src/hub/conversation/decide.js'
import { isClosed } from '../../../src/hub/conversation/state.js'
import {
  AFTER_EXPIRY,
  accept,
  actor,
  after,
  codeOf,
  confirm,
  end,
  eventsOf,
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

const invited = after(started(), invite('alice', 'bob'))
const accepted = after(invited, accept('bob'))

t.test('the invitee declines, the inviter cancels, before and after the acceptance', async (t) => {
  for (const state of [invited, accepted]) {
    t.same(decide(state, end('decline', 'bob', { reason: 'no' })), {
      events: [{ type: 'declined', at: NOW, from: actor('bob'), invitation: I1, reason: 'no' }],
      answer: {},
    })
    t.same(decide(state, end('cancel', 'alice')), {
      events: [{ type: 'cancelled', at: NOW, from: actor('alice'), invitation: I1, reason: null }],
      answer: { seq: state.lastSeq + 1 },
    })
  }
})

t.test('repeated it answers the same; with another reason it is another', async (t) => {
  const declined = after(invited, end('decline', 'bob', { reason: 'no' }))
  t.same(decide(declined, end('decline', 'bob', { reason: 'no' })), { events: [], answer: {} })
  t.equal(codeOf(decide(declined, end('decline', 'bob'))), 'invitation_state')
  const cancelled = after(invited, end('cancel', 'alice'), send('alice'))
  t.same(decide(cancelled, end('cancel', 'alice', { at: AFTER_EXPIRY })), { events: [], answer: { seq: 3 } })
  t.equal(codeOf(decide(cancelled, end('cancel', 'alice', { reason: 'x' }))), 'invitation_state')
  t.equal(codeOf(decide(cancelled, end('decline', 'bob'))), 'invitation_state')
})

t.test('an end is refused, first things first', async (t) => {
  const late = { at: AFTER_EXPIRY }
  const state = after(joined(started(), 'alice', 'carol'), invite('alice', 'bob'))
  for (const name of ['alice', 'carol', 'dave'] as const)
    t.equal(codeOf(decide(state, end('decline', name, late))), 'invitation_not_found', `${name} declines`)
  for (const name of ['bob', 'carol', 'dave'] as const)
    t.equal(codeOf(decide(state, end('cancel', name, late))), 'invitation_not_found', `${name} cancels`)
  t.equal(codeOf(decide(state, end('decline', 'bob', { ...late, invitation: I2 }))), 'invitation_not_found')
  t.equal(codeOf(decide(state, end('decline', 'bob', { ...late, by: actor('bob', 2) }))), 'certificate_mismatch')
  t.equal(codeOf(decide(state, end('cancel', 'alice', { ...late, by: actor('alice', 2) }))), 'certificate_mismatch')
  t.equal(codeOf(decide(state, end('decline', 'bob', late))), 'invitation_expired')
  t.equal(codeOf(decide(state, end('cancel', 'alice', late))), 'invitation_expired')
  const member = after(accepted, confirm(accepted, 'alice'))
  t.match(decide(member, end('cancel', 'alice')).refusal, { code: 'invitation_state', data: { state: 'joined' } })
})

t.test('time and the server end what is open, once', async (t) => {
  const expire = (at: number) => ({ type: 'expire', at, invitation: I1 }) as const
  t.same(decide(accepted, expire(AFTER_EXPIRY - 1)), { events: [], answer: {} }, 'not before its time')
  t.same(eventsOf(decide(accepted, expire(AFTER_EXPIRY))), [
    { type: 'expired', at: AFTER_EXPIRY, from: party('alice'), invitation: I1, reason: null },
  ])
  const withdraw = { type: 'withdraw', at: NOW, invitation: I1, reason: 'bob: certificate_revoked' } as const
  t.same(eventsOf(decide(invited, withdraw)), [
    { type: 'cancelled', at: NOW, from: party('alice'), invitation: I1, reason: 'bob: certificate_revoked' },
  ])
  for (const ended of [after(invited, withdraw), after(invited, expire(AFTER_EXPIRY)), started()]) {
    t.same(decide(ended, withdraw), { events: [], answer: {} })
    t.same(decide(ended, expire(AFTER_EXPIRY)), { events: [], answer: {} })
  }
})

t.test('who leaves takes along the invitations he made', async (t) => {
  const state = after(
    joined(started(), 'alice', 'bob'),
    invite('bob', 'carol'),
    invite('alice', 'dave', { invitation: I2 }),
  )
  const decision = decide(state, leave('bob', 'bye'))
  t.same(decision, {
    events: [
      { type: 'left', at: NOW, from: actor('bob'), reason: 'left', text: 'bye' },
      { type: 'cancelled', at: NOW, from: party('bob'), invitation: I1, reason: 'the inviter left' },
    ],
    answer: { seq: state.lastSeq + 1 },
  })
  const left = after(state, leave('bob'))
  t.equal(left.invitations.get(I2)?.state, 'invited')
  t.same(decide(left, leave('bob')), { events: [], answer: { seq: state.lastSeq + 1 } })
  t.equal(codeOf(decide(left, leave('carol'))), 'conversation_not_found')
  t.equal(codeOf(decide(left, send('bob'))), 'conversation_not_found')
  t.notOk(isClosed(left))
})

t.test('who comes back and leaves again is answered with his last end', async (t) => {
  const again = after(joined(after(joined(started(), 'alice', 'bob'), leave('bob')), 'alice', 'bob'), leave('bob'))
  t.same(decide(again, leave('bob')), { events: [], answer: { seq: again.lastSeq } })
})

t.test('a conversation with no member is closed, its invitations cancelled', async (t) => {
  const closed = after(accepted, leave('alice'))
  t.ok(isClosed(closed))
  t.match(closed.invitations.get(I1), { state: 'cancelled', endedSeq: closed.lastSeq })
  t.equal(codeOf(decide(closed, invite('alice', 'carol', { invitation: I2 }))), 'conversation_not_found')
  t.equal(codeOf(decide(closed, accept('bob', { signature: 'x' }))), 'invitation_state')
  t.equal(codeOf(decide(closed, confirm(closed, 'alice'))), 'invitation_not_found')
})

t.test('an account that is gone ends its stay, and the invitations from and to it', async (t) => {
  const remove = (username: string) =>
    ({ type: 'remove', at: NOW, username, reason: 'recovered', spare: null }) as const
  const state = after(joined(started(), 'alice', 'bob'), invite('bob', 'carol'))
  t.same(eventsOf(decide(state, remove('bob'))), [
    { type: 'left', at: NOW, from: party('bob'), reason: 'recovered', text: null },
    { type: 'cancelled', at: NOW, from: party('bob'), invitation: I1, reason: 'the inviter left' },
  ])
  t.same(eventsOf(decide(state, remove('carol'))), [
    { type: 'cancelled', at: NOW, from: party('bob'), invitation: I1, reason: 'account recovered' },
  ])
  t.same(eventsOf(decide(state, remove('dave'))), [])
  const spared = (username: string, spare: string) => decide(state, { ...remove(username), spare })
  t.same(eventsOf(spared('bob', party('bob').fingerprint)), [], 'what he has under this certificate is his')
  t.same(eventsOf(spared('carol', party('carol').fingerprint)), [])
  t.equal(eventsOf(spared('bob', 'another')).length, 2)
})

t.test('a member goes on under a renewed certificate', async (t) => {
  const renew = (certificate: 1 | 2) =>
    ({
      type: 'renew',
      at: NOW,
      by: actor('alice', certificate),
      certificate: 'new',
      previous: actor('alice').fingerprint,
    }) as const
  const state = started()
  t.same(eventsOf(decide(state, renew(2))), [
    { type: 'renewed', at: NOW, from: actor('alice', 2), certificate: 'new', previous: actor('alice').fingerprint },
  ])
  t.same(decide(state, renew(1)), { events: [], answer: {} })
  t.equal(after(state, renew(2)).members.get('alice')?.fingerprint, actor('alice', 2).fingerprint)
  t.equal(codeOf(decide(after(joined(state, 'alice', 'bob'), leave('alice')), renew(2))), 'conversation_not_found')
})
