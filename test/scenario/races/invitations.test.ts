import { deepEqual, equal } from 'node:assert/strict'
import t from 'tap'
import { acceptance, confirmation, conversationOf, type Party } from '../../support/handshake.js'
import { connect, type Fields } from '../../support/hub-client.js'
import { pick } from '../../support/seeded.js'
import { challenge, registerUsers, type User } from '../../support/user.js'
import { type Act, answersOf, atOnce, LANES, logAfter, raceServer, refusalsOf, repeat, rest } from './race.js'

const server = await raceServer(t)
const users = await registerUsers(server, 'alice', 'bob', 'carol', 'dave', 'eve', 'frank')
const party = async (user: User, device = 'default'): Promise<Party> => ({
  user,
  client: await connect(t, server, user, { device }),
})
const [alice, phone, bob] = await Promise.all([party(users.alice), party(users.alice, 'phone'), party(users.bob)])
const others = await Promise.all([party(users.carol), party(users.dave), party(users.eve), party(users.frank)])

const of = (invitation: unknown) => (event: Fields) => event.invitation === invitation

t.test('confirm beside cancel and decline: one of them ends the invitation', async (t) => {
  const { username, fingerprint, certificate } = users.bob
  const arenas: string[] = []
  for (let lane = 0; lane < LANES; lane += 1) {
    const { conversation } = await alice.client.call('start', { participants: [{ certificate }] })
    arenas.push(conversation)
  }
  const ends = new Map<string, number>()
  await repeat(t, async (random, lane) => {
    const conversation = arenas[lane] ?? ''
    const params = { conversation, username, fingerprint, challenge: challenge() }
    const { invitation, seq } = await alice.client.call('invite', params)
    const invited = await bob.client.event(of(invitation))
    await bob.client.call('accept', acceptance(server, users.bob, invited))
    const accepted = await alice.client.event((event) => event.type === 'accepted' && event.invitation === invitation)
    const proof = confirmation(server, users.alice, invited, accepted)
    const acts: readonly (readonly [type: string, act: Act])[] = [
      ['joined', () => alice.client.call('confirm', proof)],
      ['joined', () => rest(users.alice, `/invitations/${invitation}/confirm`, { signature: proof.signature })],
      ['cancelled', () => phone.client.call('cancel', { invitation })],
      ['cancelled', () => rest(users.alice, `/invitations/${invitation}/cancel`, {})],
      ['declined', () => bob.client.call('decline', { invitation })],
    ]
    const chosen = acts.filter(([type]) => type !== 'declined' || random() < 0.3)
    const outcomes = await atOnce(
      random,
      chosen.map(([, act]) => act),
    )

    const [, ended, ...more] = await logAfter(alice.client, conversation, seq)
    const end = String(ended?.type)
    deepEqual(more, [], 'nothing follows the end')
    equal(ended?.invitation, invitation)
    ends.set(end, (ends.get(end) ?? 0) + 1)
    const expected = chosen.map(([type]) => {
      if (type !== end) return { refused: 'invitation_state', state: end }
      return { answer: type === 'declined' ? {} : { seq: ended?.seq } }
    })
    const found = outcomes.map((outcome) =>
      'answer' in outcome ? outcome : { refused: outcome.refused, state: (outcome.data as Fields).state },
    )
    deepEqual(found, expected, `the end is ${end}`)
    await bob.client.event((event) => event.type === end && event.invitation === invitation)
    const { members } = await alice.client.call('members', { conversation })
    equal(members.length, end === 'joined' ? 2 : 1)
    if (end === 'joined') await bob.client.call('leave', { conversation })
  })
  t.comment(Object.fromEntries(ends))
  t.ok(ends.get('joined') && ends.get('cancelled') && ends.get('declined'), 'each of them wins at times')
})

t.test('five members invite one user: one of them does', async (t) => {
  const { username, fingerprint } = users.bob
  const members = [alice, ...others] as const
  const arenas: { conversation: string; lastSeq: number }[] = []
  for (let lane = 0; lane < LANES; lane += 1) {
    const conversation = await conversationOf(server, ...members)
    const { lastSeq } = await alice.client.call('history', { conversation, after: 0 })
    arenas.push({ conversation, lastSeq })
  }
  const winners = new Set<number>()
  await repeat(t, async (random, lane) => {
    const { conversation, lastSeq } = arenas[lane] ?? { conversation: '', lastSeq: 0 }
    const outcomes = await atOnce(
      random,
      members.map(({ user, client }) => () => {
        const body = { username, fingerprint, challenge: challenge() }
        if (random() < 0.2) return rest(user, `/conversations/${conversation}/invitations`, body)
        return client.call('invite', { conversation, ...body })
      }),
    )
    const [answer] = answersOf(outcomes)
    deepEqual(refusalsOf(outcomes), new Array(4).fill('invitation_open'))
    const events = await logAfter(alice.client, conversation, lastSeq)
    const winner = outcomes.findIndex((outcome) => 'answer' in outcome)
    winners.add(winner)
    const { invitation, seq } = answer ?? {}
    deepEqual(
      events.map((event) => [event.type, event.invitation, event.seq, event.from.username]),
      [['invited', invitation, seq, members[winner]?.user.username]],
    )
    await bob.client.event(of(invitation))
    const cancelling = pick(random, [
      () => members[winner]?.client.call('cancel', { invitation }),
      () => bob.client.call('decline', { invitation }),
    ])
    await cancelling()
    const end = await bob.client.event((event) => event.type !== 'invited' && event.invitation === invitation)
    equal(bob.client.events.filter(of(invitation)).length, 2, 'who is invited hears of one invitation, and its end')
    arenas[lane] = { conversation, lastSeq: lastSeq + 2 }
    equal(end.conversation, conversation)
  })
  t.ok(winners.size > 1, 'not always the same')
})
