import { randomUUID } from 'node:crypto'
import t from 'tap'
import { startServer } from '../../support/server.js'
import { registerUser } from '../../support/user.js'
import { payloadsUpTo, talkOf } from './clients.js'
import { refuses, scene, talk } from './lied-to.js'
import { about, all, answering, changed, ofType, saying } from './lies.js'
import { type Fields, honest, type Lie } from './lying-hub.js'

const server = await startServer(t)
const mallory = await registerUser(server, 'mallory')

/** The message is lost since a backup was restored, and somebody is a member. */
function restoredWith(member: Fields): Lie {
  const members = answering('members', () => ({ members: [{ ...member, status: 'valid' }] }))
  return (frame, asked) => {
    const { conversation, seq, payload } = frame.params ?? {}
    if (payload !== 'one') return members(frame, asked)
    return [{ jsonrpc: '2.0', method: 'gap', params: { conversation, from: seq, to: 2 ** 33, reason: 'restored' } }]
  }
}

t.test('what it says of a log', async (t) => {
  const nobody = { username: 'mallory', fingerprint: mallory.fingerprint }
  const LIES = [
    ['a message of somebody who is no member', changed('message', () => ({ from: nobody })), 'event_forged'],
    [
      'the departure of somebody who is no member',
      changed('message', (event) => ({ ...event, type: 'left', reason: 'left', from: nobody })),
      'event_forged',
    ],
    [
      'a renewal to the certificate of somebody else',
      changed('message', (event) => ({
        ...event,
        type: 'renewed',
        certificate: mallory.certificate,
        previous: (event.from as Fields).fingerprint,
      })),
      'certificate_swapped',
    ],
    [
      'a second beginning',
      changed('message', (event) => ({ ...event, type: 'started', participants: [] })),
      'event_forged',
    ],
    [
      'what its own history does not have',
      all(
        about(saying('one'), () => []),
        answering('history', ({ events }) => ({
          events: events?.filter((event) => !saying('one')(event)),
        })),
      ),
      'event_missing',
    ],
    [
      'another conversation in its history',
      all(
        about(saying('one'), () => []),
        answering('history', ({ events }) => ({
          events: events?.map((event) => ({ ...event, conversation: randomUUID() })),
        })),
      ),
      'wrong_conversation',
    ],
    [
      'the same event otherwise',
      about(saying('one'), (event) => [event, { ...event, payload: 'two' }]),
      'event_altered',
    ],
    [
      'a gap and a member who never was',
      restoredWith({ ...nobody, certificate: mallory.certificate }),
      'membership_forged',
    ],
  ] as const
  const shared = await scene(t, server)
  for (const [what, lie, code] of LIES)
    await t.test(what, async (t) => {
      const parties = await talk(shared)
      parties.hub.lie = lie
      await parties.theirs.send('one', { sealed: false })
      await parties.theirs.send('three', { sealed: false })
      await refuses(t, parties, code)
      parties.hub.lie = honest
      await parties.theirs.send('four', { sealed: false })
      await t.rejects(payloadsUpTo(parties.ours, 'four', 0), { code }, 'nothing more is taken')
    })
})

t.test('what it does to what was sent', async (t) => {
  const shared = await scene(t, server)
  await t.test('answers with the number of another message', async (t) => {
    const parties = await talk(shared)
    const { seq } = await parties.ours.send('one')
    parties.hub.lie = answering('send', () => ({ seq }))
    await parties.ours.send('two')
    parties.hub.lie = honest
    await refuses(t, parties, 'event_altered')
  })
  await t.test('shows it otherwise later', async (t) => {
    const parties = await talk(shared)
    parties.hub.lie = (frame, asked) => (asked === 'send' ? [] : [frame])
    const sent = parties.ours.send('one').catch((error: unknown) => error)
    await payloadsUpTo(parties.theirs, 'one')
    parties.hub.lie = changed('message', () => ({ payload: 'lie' }))
    parties.hub.drop()
    await sent
    parties.hub.lie = honest
    await refuses(t, parties, 'event_altered')
  })
  await t.test('answers with a number that its log does not have', async (t) => {
    const parties = await talk(shared)
    parties.hub.lie = answering('send', () => ({ seq: 1000 }))
    await parties.ours.send('one')
    parties.hub.lie = honest
    await refuses(t, parties, 'event_missing')
  })
})

t.test('an event of a conversation that is none is refused there, and read where it belongs', async (t) => {
  const parties = await talk(await scene(t, server))
  parties.hub.lie = about(saying('one'), (event) => [{ ...event, conversation: randomUUID() }])
  await parties.theirs.send('one', { sealed: false })
  await refuses(t, parties, 'event_missing')
  await parties.theirs.send('two', { sealed: false })
  t.same(await payloadsUpTo(parties.ours, 'two'), ['one', 'two'])
})

t.test('what is no lie once it is put right', async (t) => {
  const held: Fields[] = []
  const RIGHT = [
    ['shown twice', about(ofType('message'), (event) => [event, event])],
    ['left out, and in its history', about(saying('one'), () => [])],
    ['out of order', about(ofType('message'), (event) => (held.push(event) === 1 ? [] : held.splice(0).reverse()))],
  ] as const
  const shared = await scene(t, server)
  for (const [what, lie] of RIGHT)
    await t.test(what, async (t) => {
      const parties = await talk(shared)
      parties.hub.lie = lie
      for (const payload of ['one', 'two', 'three', 'four']) await parties.theirs.send(payload)
      t.same(await payloadsUpTo(parties.ours, 'four'), ['one', 'two', 'three', 'four'])
      parties.hub.lie = honest
    })
})

t.test('what is gone, by the word of the hub, is said', async (t) => {
  const parties = await talk(await scene(t, server))
  const RESTORED = 2 ** 32
  const gap = (event: Fields, to: number, reason: string) => {
    const { conversation, seq: from } = event
    return { jsonrpc: '2.0', method: 'gap', params: { conversation, from, to, reason } }
  }
  parties.hub.lie = (frame) => {
    const { params = {} } = frame
    const seq = params.seq ?? 0
    if (params.payload === 'one') return [gap(params, seq, 'retention')]
    if (params.payload === 'two') return [gap(params, seq + RESTORED, 'restored')]
    return params.type === 'message' ? [{ ...frame, params: { ...params, seq: seq + RESTORED } }] : [frame]
  }
  for (const payload of ['one', 'two', 'three']) await parties.theirs.send(payload, { sealed: false })
  t.same(await payloadsUpTo(parties.ours, 'three'), ['three'])
  const [one, two, three] = (await parties.ours.history()).slice(-3)
  t.match(one, { type: 'gap', first: 5, seq: 5, reason: 'retention' })
  t.match(two, { type: 'gap', first: 6, seq: 6 + RESTORED, reason: 'restored' })
  t.match(three, { type: 'message', seq: 7 + RESTORED })
  t.equal(parties.ours.members.length, 2)
})

t.test('an invitation that was used brings nobody back', async (t) => {
  const { ours, theirs, ...parties } = await talk(await scene(t, server))
  const [joined] = (await ours.history()).slice(-1)
  parties.hub.lie = changed('left', ({ seq }) => ({ ...joined, seq }))
  await theirs.leave()
  await refuses(t, parties, 'membership_forged')

  parties.hub.lie = honest
  const [, own] = await talkOf(parties.bob, parties.alice)
  const [begun] = await own.history()
  parties.hub.lie = about(ofType('left'), (event) => [event, { ...begun, seq: (event.seq ?? 0) + 1 }])
  await own.leave()
  await refuses(t, parties, 'membership_forged')
  t.equal(own.standing, 'left')
})

t.test('a hub that pushes without end is cut off', async (t) => {
  const parties = await talk(await scene(t, server))
  const flood = (event: Fields) =>
    Array.from({ length: 5000 }, (_, index) => ({ ...event, seq: (event.seq ?? 0) + index }))
  parties.hub.lie = about(saying('one'), flood)
  await parties.theirs.send('one', { sealed: false })
  await refuses(t, parties, 'answer_invalid')
})
