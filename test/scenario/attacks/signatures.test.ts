import t, { type Test } from 'tap'
import { signTranscript } from '../../../src/pki/signature.js'
import { buildConfirmTranscript } from '../../../src/wire/transcript.js'
import { acceptance, acceptFields, confirmation, join } from '../../support/handshake.js'
import { type Fields, type HubClient, refusal } from '../../support/hub-client.js'
import { startServer } from '../../support/server.js'
import { challenge, registerUsers } from '../../support/user.js'
import { acceptedBy, bareTranscript, inviteTo, openInvitation, parties, signBare } from './invitation.js'

const server = await startServer(t)
const users = await registerUsers(server, 'alice', 'bob', 'carol', 'mallory')

const INVALID = { code: 'invalid_signature', retryable: false }

/** Nothing of what was refused reached anyone: an answer proves that all before it was pushed. */
async function nothingPushed(t: Test, client: HubClient, conversation: string, ...types: readonly string[]) {
  await client.call('whoami')
  const pushed = client.events.filter((e) => e.conversation === conversation).map(({ type }) => type)
  t.same(pushed, types, 'nothing is relayed')
}

t.test('reflection', async (t) => {
  const [a, b] = await parties(t, server, users.alice, users.bob)
  const { conversation, invited } = await openInvitation(a, b)

  await t.test("the inviter's own challenge, reflected by the invitee", async (t) => {
    const transcript = bareTranscript(server, invited, invited.challenge)
    const signature = signTranscript(b.user.key, 'accept', transcript).toString('base64url')
    const { invitation } = invited
    const failure = await refusal(b.client.call('accept', { invitation, challenge: invited.challenge, signature }))
    t.match(failure, { code: -32602, data: { code: 'invalid_request' } })
    t.match(failure.message, /challenge/)
    await nothingPushed(t, a.client, conversation, 'started', 'invited')
  })

  const answer = acceptance(server, b.user, invited)
  await b.client.call('accept', answer)
  const accepted = await acceptedBy(a, invited)

  await t.test('the signature of accept, offered as confirm', async (t) => {
    const { invitation, signature } = answer
    t.match(await refusal(a.client.call('confirm', { invitation, signature })), { code: 422, data: INVALID })
    await nothingPushed(t, b.client, conversation, 'invited')
  })

  await t.test('signatures of the inviter himself in the context, or over the transcript, of accept', async (t) => {
    const fields = acceptFields(server, invited, accepted.challenge)
    const digests = { confirmationRoster: invited.roster, confirmationAttachment: '-', commitAttachment: '-' }
    const [first, second] = [bareTranscript(server, invited, accepted.challenge), { ...fields, ...digests }]
    const { key } = a.user
    for (const made of [
      signTranscript(key, 'accept', buildConfirmTranscript(second)),
      signTranscript(key, 'confirm', first),
    ]) {
      const signature = made.toString('base64url')
      const { invitation } = invited
      t.match(await refusal(a.client.call('confirm', { invitation, signature })), { code: 422, data: INVALID })
    }
    await nothingPushed(t, b.client, conversation, 'invited')
  })
  await a.client.call('confirm', confirmation(server, a.user, invited, accepted))
  await b.client.event((e) => e.type === 'joined' && e.conversation === conversation)
})

t.test('replay in another conversation', async (t) => {
  const [a, b] = await parties(t, server, users.alice, users.bob)
  const own = challenge()
  const first = await openInvitation(a, b, own)
  const second = await openInvitation(a, b, own)
  const answer = acceptance(server, b.user, first.invited)
  await b.client.call('accept', answer)

  const replayed = { ...answer, invitation: second.invited.invitation }
  t.match(await refusal(b.client.call('accept', replayed)), { code: 422, data: INVALID })
  await nothingPushed(t, a.client, second.conversation, 'started', 'invited')

  const accepted = await acceptedBy(a, first.invited)
  const confirmed = confirmation(server, a.user, first.invited, accepted)
  const honest = acceptance(server, b.user, second.invited)
  await b.client.call('accept', honest)
  const { invitation } = second.invited
  t.match(await refusal(a.client.call('confirm', { ...confirmed, invitation })), { code: 422, data: INVALID })

  await b.client.call('decline', { invitation })
  const again = await inviteTo(second.conversation, a, b, own)
  const { signature } = honest
  const late = { invitation: again.invitation, challenge: honest.challenge, signature }
  t.match(await refusal(b.client.call('accept', late)), { code: 422, data: INVALID }, 'nor in a later invitation')
})

t.test('relay to a third user', async (t) => {
  const [a, b, m] = await parties(t, server, users.alice, users.bob, users.mallory)
  const real = await openInvitation(a, m)
  const relayed = await openInvitation(m, b, real.invited.challenge)
  const answer = acceptance(server, b.user, relayed.invited)
  await b.client.call('accept', answer)
  const { signature, challenge: own } = await acceptedBy(m, relayed.invited)

  const { invitation } = real.invited
  const stolen = { invitation, challenge: own, signature }
  t.match(await refusal(m.client.call('accept', stolen)), { code: 422, data: INVALID })
  await nothingPushed(t, a.client, real.conversation, 'started', 'invited')

  const forBob = await inviteTo(real.conversation, a, b)
  const withOwnKey = acceptance(server, m.user, forBob)
  t.match(await refusal(m.client.call('accept', withOwnKey)), { code: 404, data: { code: 'invitation_not_found' } })
  const asBob = acceptance(server, { ...b.user, key: m.user.key }, forBob)
  t.match(await refusal(b.client.call('accept', asBob)), { code: 422, data: INVALID }, 'nor with a foreign key')
})

t.test('signature over the bare challenge', async (t) => {
  const [a, b] = await parties(t, server, users.alice, users.bob)
  const { conversation, invited } = await openInvitation(a, b)
  const { invitation } = invited
  const own = challenge()
  const decoded = Buffer.from(invited.challenge, 'base64url')
  const transcript = Buffer.from(bareTranscript(server, invited, own))
  for (const bytes of [decoded, Buffer.from(invited.challenge), transcript]) {
    const signature = signBare(b.user.key, bytes)
    t.match(await refusal(b.client.call('accept', { invitation, challenge: own, signature })), {
      code: 422,
      data: INVALID,
    })
  }
  await nothingPushed(t, a.client, conversation, 'started', 'invited')

  await b.client.call('accept', acceptance(server, b.user, invited))
  const accepted = await acceptedBy(a, invited)
  const signature = signBare(a.user.key, Buffer.from(accepted.challenge, 'base64url'))
  t.match(await refusal(a.client.call('confirm', { invitation, signature })), { code: 422, data: INVALID })
  await nothingPushed(t, b.client, conversation, 'invited')
})

t.test('a stale roster at confirm', async (t) => {
  const [a, b, c] = await parties(t, server, users.alice, users.bob, users.carol)
  const { conversation, invited } = await openInvitation(a, c)
  await c.client.call('accept', acceptance(server, c.user, invited))
  const accepted = await acceptedBy(a, invited)
  await join(server, conversation, a, b)

  const stale = confirmation(server, a.user, invited, accepted)
  const failure = await refusal(a.client.call('confirm', stale))
  const members = [a, b].map(({ user: { username, fingerprint } }) => ({ username, fingerprint }))
  t.match(failure, { code: 409, data: { code: 'roster_changed', retryable: true } })
  t.same(failure.data.members, members)
  await nothingPushed(t, c.client, conversation, 'invited')

  const { invitation, ...body } = stale
  const byRest = await a.user.call('POST', `/invitations/${invitation}/confirm`, body)
  t.equal(byRest.status, 409)
  const { members: shown, roster, code } = byRest.json<{ members: Fields[]; roster: string; code: string }>()
  t.same({ shown, roster, code }, { shown: members, roster: failure.data.roster, code: 'roster_changed' })

  await a.client.call('confirm', confirmation(server, a.user, invited, accepted, { roster }))
  const joined = await c.client.event((e) => e.type === 'joined' && e.conversation === conversation)
  t.match(joined, { roster: invited.roster, confirmationRoster: roster })
  t.not(joined.confirmationRoster, invited.roster)
  await b.client.event((e) => e.type === 'joined' && e.invitation === invitation)
})
