import t from 'tap'
import { createChallenge } from '../../../src/client/invitation.js'
import { startServer } from '../../support/server.js'
import { registerUser } from '../../support/user.js'
import { acceptNext, clientOf, deviceOf } from './clients.js'
import { refuses, scene, type Talk, talk } from './lied-to.js'
import { answering, changed } from './lies.js'
import { type AnyFrame, type Fields, honest, lyingHub } from './lying-hub.js'

const [server, other] = await Promise.all([startServer(t), startServer(t)])
const mallory = await registerUser(server, 'mallory')
const stranger = await registerUser(other, 'stranger')

t.test('its TLS certificate is of another CA', async (t) => {
  const user = await registerUser(server, 'trudy')
  const hub = await lyingHub(t, server, user, other)
  const { client } = await deviceOf(t, server, user, hub.url)
  await t.rejects(client.connect(), { name: 'VerificationError', code: 'server_untrusted' })
})

t.test('what it says of an invitation', async (t) => {
  const LIES = [
    ['with the certificate of somebody else', () => ({ certificate: mallory.certificate }), 'certificate_swapped'],
    ['with a certificate of another CA', () => ({ certificate: stranger.certificate }), 'certificate_invalid'],
    [
      'as the invitation of somebody else',
      () => ({ from: { username: 'mallory', fingerprint: mallory.fingerprint }, certificate: mallory.certificate }),
      'roster_mismatch',
    ],
    ['with a member hidden', () => ({ members: [] }), 'roster_mismatch'],
    ['without end', () => ({ expiresAt: '2099-01-01T00:00:00Z' }), 'invitation_invalid'],
    ['with another attachment', () => ({ attachment: 'bGll' }), 'attachment_altered'],
  ] as const
  for (const [what, lie, code] of LIES)
    await t.test(what, async (t) => {
      const parties = await scene(t, server)
      parties.hub.lie = changed('invited', lie)
      await parties.bob.client.start([parties.alice.user.username])
      await refuses(t, parties, code)
    })
})

t.test('what it says of a member', async (t) => {
  const LIES = [
    [
      'without his signature',
      () => ({ inviteeSignature: Buffer.alloc(70, 1).toString('base64url') }),
      'membership_forged',
    ],
    [
      'who is somebody else',
      () => ({ member: { username: 'mallory', fingerprint: mallory.fingerprint, certificate: mallory.certificate } }),
      'membership_forged',
    ],
    [
      'under a certificate of another CA',
      (event: Fields) => ({ member: { ...event.member, certificate: stranger.certificate } }),
      'membership_forged',
    ],
    [
      'beside members who are not shown',
      () => ({ confirmationRoster: `sha256:${'0'.repeat(64)}` }),
      'membership_forged',
    ],
    ['with another challenge', () => ({ inviteeChallenge: createChallenge() }), 'membership_forged'],
  ] as const
  const shared = await scene(t, server)
  const carol = await clientOf(t, server, 'carol')
  await carol.client.connect()
  for (const [what, lie, code] of LIES)
    await t.test(what, async (t) => {
      shared.hub.lie = honest
      const parties = await talk(shared)
      parties.hub.lie = changed('joined', lie)
      await Promise.all([acceptNext(carol), parties.theirs.invite(carol.user.username)])
      await refuses(t, parties, code)
    })
})

t.test('what it says to an inviter', async (t) => {
  const shared = await scene(t, server)
  const sign = () => Buffer.alloc(70, 1).toString('base64url')
  await t.test('an acceptance without a signature', async (t) => {
    const parties = await scene(t, server)
    parties.hub.lie = changed('accepted', () => ({ signature: sign() }))
    const { invitations } = await parties.alice.client.start([parties.bob.user.username])
    void acceptNext(parties.bob).catch(() => undefined)
    const [sent] = invitations
    await t.rejects(async () => sent?.accepted(), { code: 'signature_invalid' })
    await refuses(t, parties, 'signature_invalid')
    t.equal(parties.bob.client.conversations().length, 0, 'nobody is confirmed')
  })
  await t.test('an acceptance under another certificate', async (t) => {
    const parties = await scene(t, server)
    parties.hub.lie = changed('accepted', () => ({ certificate: mallory.certificate }))
    await parties.alice.client.start([parties.bob.user.username])
    void acceptNext(parties.bob).catch(() => undefined)
    await refuses(t, parties, 'certificate_swapped')
  })
  const invite = async (parties: Talk) => parties.ours.invite('mallory')
  await t.test('an answer with other members', async (t) => {
    shared.hub.lie = honest
    const parties = await talk(shared)
    parties.hub.lie = answering('invite', ({ members }) => ({ members: members?.slice(0, 1) }))
    await t.rejects(invite(parties), { code: 'roster_mismatch' })
  })
  await t.test('the invitation otherwise', async (t) => {
    shared.hub.lie = honest
    const parties = await talk(shared)
    parties.hub.lie = changed('invited', () => ({ challenge: createChallenge() }))
    await t.rejects(invite(parties), { code: 'event_altered' })
  })
  await t.test('that it began another conversation', async (t) => {
    shared.hub.lie = honest
    const parties = await talk(shared)
    parties.hub.lie = answering('start', () => ({ conversation: parties.ours.id }))
    const start = (...names: string[]) => parties.alice.client.start(names)
    await t.rejects(start('mallory'), { code: 'wrong_conversation' })
    await t.rejects(start(parties.bob.user.username), { code: 'wrong_conversation' }, 'with the same people')
  })
})

t.test('who it says this is, and what is no frame', async (t) => {
  for (const [what, lie] of [
    [
      'greets somebody else',
      (frame: AnyFrame) =>
        frame.method === 'hello' ? [{ ...frame, params: { ...frame.params, user: 'mallory' } }] : [frame],
    ],
    ['sends no frame', (frame: AnyFrame) => (frame.method === 'hello' ? ['{"no":"frame"}'] : [frame])],
  ] as const)
    await t.test(what, async (t) => {
      const parties = await scene(t, server)
      parties.hub.lie = lie
      parties.hub.drop()
      await refuses(t, parties, 'answer_invalid')
      parties.hub.lie = honest
      t.match(await parties.alice.client.start(['mallory']), { members: [{}] }, 'it comes back to an honest one')
    })
})
