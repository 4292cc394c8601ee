import { deepEqual, ok } from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import t from 'tap'
import { acceptance, confirmation } from '../../support/handshake.js'
import { connect, type Fields, type HubClient } from '../../support/hub-client.js'
import { pick } from '../../support/seeded.js'
import { challenge, registerUsers } from '../../support/user.js'
import { answersOf, atOnce, LANES, raceServer, refusalsOf, repeat, rest } from './race.js'

const server = await raceServer(t)
const users = await registerUsers(server, 'alice', 'bob')
const open = (user: keyof typeof users, device: string) =>
  connect(t, server, users[user], { device, acknowledge: user === 'alice' })
const [alice, bob, phone] = await Promise.all([open('alice', 'default'), open('bob', 'laptop'), open('bob', 'phone')])

t.test('acknowledgements of two devices beside leaving and joining again: every stay whole, on both', async (t) => {
  const { username, fingerprint, certificate } = users.bob
  const arenas: string[] = []
  for (let lane = 0; lane < LANES; lane += 1)
    arenas.push((await alice.call('start', { participants: [{ certificate }] })).conversation)
  const refused = new Map<string, number>()

  await repeat(t, async (random, lane) => {
    const conversation = arenas[lane] ?? ''
    const { invitation } = await alice.call('invite', { conversation, username, fingerprint, challenge: challenge() })
    const of = (type: string) => (event: Fields) => event.type === type && event.invitation === invitation
    const invited = await bob.event(of('invited'))
    await bob.call('accept', acceptance(server, users.bob, invited))
    const proof = confirmation(server, users.alice, invited, await alice.event(of('accepted')))
    const { seq: joined } = await alice.call('confirm', proof)
    await Promise.all([bob, phone].map((client) => client.event(of('joined'))))
    const send = () => alice.call('send', { conversation, messageId: randomUUID(), payload: 'x' })
    const ack = (client: HubClient) => () => client.call('ack', { conversation, seq: joined })
    const ackInvitation = (client: HubClient) => () => client.call('ack', { invitation })
    const outcomes = await atOnce(random, [
      pick(random, [ack(bob), ackInvitation(bob)]),
      pick(random, [ack(phone), ackInvitation(phone)]),
      () => pick(random, [bob, phone]).call('leave', { conversation }),
      () => rest(users.bob, `/conversations/${conversation}/leave`, {}),
      send,
      send,
    ])
    for (const code of refusalsOf(outcomes)) refused.set(code, (refused.get(code) ?? 0) + 1)
    ok(answersOf(outcomes).length >= 3)
    const isLeft = (event: Fields) => event.type === 'left' && event.conversation === conversation && event.seq > joined
    const left = await alice.event(isLeft)
    for (const client of [bob, phone]) {
      const last = await client.event(
        (event) => event.type === 'left' && event.seq === left.seq && event.conversation === conversation,
      )
      const stay = client.events.filter(
        (event) => event.conversation === conversation && event.seq >= joined && event.seq <= last.seq,
      )
      deepEqual(
        stay.map(({ seq }) => seq),
        Array.from({ length: last.seq - joined + 1 }, (_, index) => joined + index),
        'without a hole, in order, each once',
      )
      ok(!client.events.some((event) => event.conversation === conversation && event.seq === last.seq + 1))
      await client.call('ack', { conversation, seq: last.seq })
    }
  })
  t.comment(Object.fromEntries(refused))
})
