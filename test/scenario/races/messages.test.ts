import { deepEqual, equal, ok } from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import t from 'tap'
import { conversationOf, join } from '../../support/handshake.js'
import { connect, type Fields } from '../../support/hub-client.js'
import { registerUsers } from '../../support/user.js'
import { answersOf, atOnce, LANES, logAfter, raceServer, refusalsOf, repeat, rest } from './race.js'

const server = await raceServer(t)
const { alice, bob } = await registerUsers(server, 'alice', 'bob')
const a = { user: alice, client: await connect(t, server, alice) }
const b = { user: bob, client: await connect(t, server, bob) }
const phone = await connect(t, server, bob, { device: 'phone' })

async function conversations(): Promise<string[]> {
  const made: string[] = []
  for (let lane = 0; lane < LANES; lane += 1) made.push(await conversationOf(server, a, b))
  return made
}

const isMessage = ({ type }: Fields) => type === 'message'

t.test('leave beside send: what he sent before is there, what he sent after is refused', async (t) => {
  const arenas = await conversations()
  let [before, after] = [0, 0]
  await repeat(t, async (random, lane) => {
    const conversation = arenas[lane] ?? ''
    const { lastSeq } = await a.client.call('history', { conversation, after: 0, limit: 1 })
    const send = (client: typeof phone) => () =>
      client.call('send', { conversation, messageId: randomUUID(), payload: 'x' })
    const leave = () => b.client.call('leave', { conversation })
    const sends = [send(b.client), send(phone), send(phone), send(a.client), send(a.client)]
    const [left, again, ...sent] = await atOnce(random, [leave, () => phone.call('leave', { conversation }), ...sends])
    deepEqual(again, left, 'he leaves once')
    const endSeq = left && 'answer' in left ? left.answer.seq : 0

    const events = await logAfter(a.client, conversation, lastSeq)
    deepEqual(
      events.filter(({ type }) => type === 'left').map(({ seq }) => seq),
      [endSeq],
    )
    const placed = (answers: readonly Fields[]) => new Map(answers.map(({ seq, at }) => [seq, at]))
    deepEqual(placed(answersOf(sent)), placed(events.filter(isMessage)), 'the log has what was answered, and no more')
    equal(answersOf(sent.slice(3)).length, 2, 'others go on')
    const his = answersOf(sent.slice(0, 3)).map(({ seq }) => seq)
    ok(his.every((seq) => seq < endSeq))
    deepEqual(new Set(refusalsOf(sent)), new Set(his.length < 3 ? ['conversation_not_found'] : []))
    before += his.length
    after += 3 - his.length
    for (const client of [b.client, phone]) {
      await client.event((event) => event.conversation === conversation && event.seq === endSeq)
      await client.call('whoami')
      ok(
        client.events.every((event) => event.conversation !== conversation || !(event.seq > endSeq)),
        'nothing after',
      )
    }
    await join(server, conversation, a, b)
  })
  t.comment({ before, after })
  t.ok(before > 0 && after > 0)
})

t.test('one messageId on several connections: one message', async (t) => {
  const [arenas, tablet] = [await conversations(), await connect(t, server, bob, { device: 'tablet' })]
  await repeat(t, async (random, lane) => {
    const conversation = arenas[lane] ?? ''
    const messageId = randomUUID()
    const message = { messageId, payload: 'this' }
    const other = { messageId, payload: 'that' }
    const { lastSeq } = await a.client.call('history', { conversation, after: 0, limit: 1 })
    const sent = [message, message, message, random() < 0.5 ? other : message]
    const [first, second, third, last] = sent
    const outcomes = await atOnce(random, [
      () => b.client.call('send', { conversation, ...first }),
      () => phone.call('send', { conversation, ...second }),
      () => rest(bob, `/conversations/${conversation}/messages`, third ?? {}),
      () => tablet.call('send', { conversation, ...last }),
    ])
    const events = await logAfter(a.client, conversation, lastSeq)
    equal(events.length, 1, 'the log has one')
    const [stored] = events
    equal(stored?.messageId, messageId)
    const { seq, at, payload } = stored ?? {}
    for (const [index, outcome] of outcomes.entries()) {
      if (sent[index]?.payload !== payload) equal('refused' in outcome && outcome.refused, 'message_conflict')
      else deepEqual('answer' in outcome && [outcome.answer.seq, outcome.answer.at], [seq, at])
    }
    equal(answersOf(outcomes).filter(({ duplicate }) => !duplicate).length, 1, 'one was the first')
    await a.client.event((event) => event.messageId === messageId)
    equal(a.client.events.filter((event) => event.messageId === messageId).length, 1, 'the other gets it once')
  })
})

t.test('one start with one requestId ten times at once: one conversation', async (t) => {
  const { certificate } = bob
  let conflicts = 0
  const [laptop, tablet] = [
    await connect(t, server, alice, { device: 'laptop' }),
    await connect(t, server, alice, { device: 'tablet' }),
  ]
  await repeat(t, async (random) => {
    const requestId = randomUUID()
    const params = { participants: [{ certificate }], requestId }
    const other = { participants: [{ username: 'bob', fingerprint: bob.fingerprint }], requestId }
    const clients = [a.client, laptop, tablet]
    const acts = Array.from({ length: 9 }, (_, n) => () => (clients[n % 3] ?? a.client).call('start', params))
    const isOther = random() < 0.3
    const [odd, ...outcomes] = await atOnce(random, [
      () => (isOther ? laptop.call('start', other) : rest(alice, '/conversations', params)),
      ...acts,
    ])
    const answers = answersOf(outcomes)
    const made = new Set(answersOf([...outcomes, ...(odd ? [odd] : [])]).map(({ conversation }) => conversation))
    equal(made.size, 1, 'one conversation')
    if (isOther) {
      conflicts += 1
      deepEqual(
        [answers.length, refusalsOf(outcomes).concat(odd && 'refused' in odd ? odd.refused : [])],
        answers.length === 0 ? [0, new Array(9).fill('request_conflict')] : [9, ['request_conflict']],
      )
    } else {
      const [first] = answers
      for (const outcome of [...outcomes, odd]) deepEqual(outcome, { answer: first })
    }
    const [conversation] = made
    const later = await laptop.call('start', isOther && answers.length === 0 ? other : params)
    equal(later.conversation, conversation, 'and later the same')
    const events = await logAfter(a.client, String(conversation), 0)
    deepEqual(
      events.map(({ type, participants }) => [type, participants]),
      [['started', [{ username: 'bob', fingerprint: bob.fingerprint }]]],
    )
  })
  const { conversations, more } = await allConversations()
  t.notOk(more)
  t.equal(conversations.length, 2 * LANES + 200, 'no other was made')
  t.ok(conflicts > 0)
})

async function allConversations() {
  const all: Fields[] = []
  let page = await a.client.call('conversations', { limit: 100 })
  for (;;) {
    all.push(...(page.conversations as readonly Fields[]))
    if (!page.more) return { conversations: all, more: page.more }
    page = await a.client.call('conversations', { limit: 100, after: all.at(-1)?.conversation })
  }
}
