import t from 'tap'
import { decide } from '../../src/hub/conversation/decide.js'
import type { Event } from '../../src/hub/conversation/events.js'
import { encodeEvent, timeOf, viewFor, viewForInvitee } from '../../src/hub/encoding.js'
import { ConversationEvent } from '../../src/wire/events.js'
import * as world from './conversation/world.js'

const DIGEST = `sha256:${'ab'.repeat(32)}`
const attached = { attachment: 'YQ', attachmentDigest: DIGEST }
const PROOF = { challenge: 'A'.repeat(43), signature: 'AAAA' }

function only(decision: ReturnType<typeof decide>): Event {
  const [event] = world.eventsOf(decision)
  if (!event) throw new Error('nothing happened')
  return event
}

const { started, after, invite, accept, confirm } = world
const inviting = invite('alice', 'bob', { ...attached, challenge: 'E'.repeat(43) })
const invited = after(started(), inviting)
const accepted = after(invited, accept('bob', { ...PROOF, ...attached }))
const confirming = confirm(accepted, 'alice', { signature: 'AAAA', ...attached, commit: 'Yw', commitDigest: DIGEST })

const PRIVATE = [
  { event: only(decide(started(), inviting)), recipient: 'bob', seq: 2 },
  { event: only(decide(invited, accept('bob', { ...PROOF, ...attached }))), recipient: 'alice', seq: 3 },
  { event: only(decide(accepted, confirming)), recipient: 'bob', seq: 4 },
]

t.test('an attachment is seen by the one it is for, its digest by everybody', async (t) => {
  for (const { event, recipient, seq } of PRIVATE) {
    const body = encodeEvent(event, world.CONVERSATION, seq)
    t.equal(timeOf(body), event.at)
    const digest = event.type === 'joined' ? { confirmationAttachment: DIGEST } : { attachmentDigest: DIGEST }
    for (const username of world.USERS) {
      const view = JSON.parse(viewFor(username, event.type, body))
      t.match(view, { ...digest, conversation: world.CONVERSATION, seq, type: event.type }, username)
      t.equal(view.attachment, username === recipient ? 'YQ' : undefined, `${event.type} as ${username} sees it`)
      t.equal(view.for, undefined, 'whom it is for is nobody’s business')
      t.ok(ConversationEvent.safeParse(view).success, 'it fits its schema')
    }
  }
})

t.test('the commit is seen by every member', async (t) => {
  const joined = PRIVATE.at(-1)
  if (!joined) throw new Error('no joined')
  const body = encodeEvent(joined.event, world.CONVERSATION, 4)
  t.match(JSON.parse(viewFor('carol', 'joined', body)), { commit: 'Yw', commitAttachment: DIGEST })
  t.notMatch(viewFor('carol', 'joined', body), /raisesEpoch|userId/, 'what is ours stays here')
})

t.test('without an attachment all see the same text, and no attachment', async (t) => {
  const event = only(decide(started(), invite('alice', 'bob')))
  const body = encodeEvent(event, world.CONVERSATION, 2)
  t.equal(viewFor('bob', 'invited', body), body)
  t.match(JSON.parse(body), { attachmentDigest: '-', invitee: { username: 'bob' } })
  t.notMatch(body, /"attachment":|userId/)
})

t.test('an invitee gets his invitation without seq', async (t) => {
  const [{ event } = { event: null }] = PRIVATE
  if (!event) throw new Error('no invited')
  const view = JSON.parse(viewForInvitee('bob', 'invited', encodeEvent(event, world.CONVERSATION, 2)))
  t.notOk('seq' in view)
  t.equal(view.attachment, 'YQ')
  t.equal(view.rosterSeq, 1)
})

t.test('every other event has its fields and no more', async (t) => {
  const head = { conversation: world.CONVERSATION, seq: 9, at: '2027-01-02T03:04:05.678Z' }
  const actor = world.actor('alice')
  const from = { username: 'alice', fingerprint: actor.fingerprint, device: 'laptop' }
  const base = { at: world.NOW, from: actor }
  const server = { at: world.NOW, from: world.party('alice') }
  const { device: _, ...member } = from
  const cases: readonly (readonly [Event, object])[] = [
    [
      { ...base, type: 'started', participants: [] },
      { from, participants: [] },
    ],
    [
      { ...base, type: 'left', reason: 'left', text: null },
      { from, reason: 'left' },
    ],
    [
      { ...server, type: 'left', reason: 'deleted', text: null },
      { from: member, reason: 'deleted' },
    ],
    [
      { ...base, type: 'left', reason: 'left', text: '"' },
      { from, reason: 'left', text: '"' },
    ],
    [
      { ...base, type: 'renewed', certificate: 'c', previous: 'p' },
      { from, certificate: 'c', previous: 'p' },
    ],
    [
      { ...base, type: 'cancelled', invitation: world.I1, reason: null },
      { from, invitation: world.I1 },
    ],
    [
      { ...base, type: 'declined', invitation: world.I1, reason: 'r' },
      { from, invitation: world.I1, reason: 'r' },
    ],
    [
      {
        ...base,
        type: 'message',
        messageId: world.I2,
        payload: 'a"\u2028\u{1F600}',
        contentType: null,
        raisesEpoch: true,
      },
      { from, messageId: world.I2, payload: 'a"\u2028\u{1F600}' },
    ],
    [
      { ...base, type: 'message', messageId: world.I2, payload: '', contentType: 't/"', raisesEpoch: false },
      { from, messageId: world.I2, payload: '', contentType: 't/"' },
    ],
  ]
  for (const [event, fields] of cases)
    t.strictSame(JSON.parse(encodeEvent(event, world.CONVERSATION, 9)), { ...head, type: event.type, ...fields })
})
