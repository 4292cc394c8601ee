import { randomUUID } from 'node:crypto'
import t from 'tap'
import { conversationOf } from './handshake.js'
import { openHub } from './hub-fixture.js'

t.test('a message sent again, at once or by another process, is stored once', async (t) => {
  const hub = await openHub(t)
  const { alice, bob } = await hub.users('alice', 'bob')
  const conversation = await conversationOf(hub, alice, bob)
  const message = { conversation, messageId: randomUUID(), payload: 'hello', contentType: 'text/plain' }
  const answers = await Promise.all(Array.from({ length: 10 }, () => hub.call(alice, 'send', message)))
  const [{ at, seq } = { at: '', seq: 0 }] = answers
  t.equal(seq, 5)
  for (const answer of answers) t.match(answer, { at, seq })
  t.equal(answers.filter(({ duplicate }) => !duplicate).length, 1)
  hub.clock.now += 1000
  t.same(await hub.call(alice, 'send', message), { at, seq, duplicate: true })
  await t.rejects(hub.call(alice, 'send', { ...message, payload: 'other' }), { code: 'message_conflict' })
  const { contentType: _, ...untyped } = message
  await t.rejects(hub.call(alice, 'send', untyped), { code: 'message_conflict' })
  t.match(await hub.call(bob, 'send', { ...message, payload: 'other' }), { seq: 6, duplicate: false }, 'his own ids')
  await hub.restart()
  t.same(await hub.call(alice, 'send', message), { at, seq, duplicate: true })
  t.match(await hub.call(bob, 'history', { conversation, after: 4 }), { lastSeq: 6, events: { length: 2 } })
})

t.test('replies to send take their place among the events, and what was sent is not given back', async (t) => {
  const hub = await openHub(t)
  const { alice, bob } = await hub.users('alice', 'bob')
  const conversation = await conversationOf(hub, alice, bob)
  const a = await hub.connect(alice)
  const b = await hub.connect(bob)
  for (const { session } of [a, b]) {
    const feed = session.feeds.find(conversation)
    if (feed) session.acknowledge(feed, 4)
  }
  const already = a.sink.trace.length
  const send = (live: typeof a) => {
    const answered = () => live.sink.trace.push('answer')
    const message = { conversation, messageId: randomUUID(), payload: 'x' }
    return hub.call(live === a ? alice : bob, 'send', message, { live, answered })
  }
  await Promise.all([send(a), send(b), send(b), send(a)])
  t.same(a.sink.trace.slice(already), ['answer', 'event 6', 'event 7', 'answer'])
  t.same(b.sink.trace.slice(-4), ['event 5', 'answer', 'answer', 'event 8'])
})

t.test('a counter that is named is compared and raised', async (t) => {
  const hub = await openHub(t)
  const { alice, bob } = await hub.users('alice', 'bob')
  const conversation = await conversationOf(hub, alice, bob)
  const send = (epoch: number) => hub.call(alice, 'send', { conversation, messageId: randomUUID(), payload: '', epoch })
  const outcomes = await Promise.allSettled([send(0), send(0), send(1)])
  t.match(outcomes, [
    { status: 'fulfilled' },
    { status: 'rejected', reason: { code: 'epoch_conflict', data: { epoch: 1 } } },
    { status: 'fulfilled' },
  ])
  await hub.restart()
  await t.rejects(send(1), { code: 'epoch_conflict', data: { epoch: 2 } })
})

t.test('a message that raised the counter gets its first answer again, though the counter is past it', async (t) => {
  const hub = await openHub(t)
  const { alice, bob } = await hub.users('alice', 'bob')
  const conversation = await conversationOf(hub, alice, bob)
  const message = { conversation, messageId: randomUUID(), payload: 'commit', epoch: 0 }
  const send = () => hub.call(alice, 'send', message) as Promise<object>
  const [first, again] = await Promise.all([send(), send()])
  t.same(again, { ...first, duplicate: true })
  t.same(await send(), again)
  await hub.restart()
  t.same(await send(), again)
  await t.rejects(hub.call(alice, 'send', { ...message, payload: 'other' }), { code: 'message_conflict' })
  await t.rejects(hub.call(alice, 'send', { ...message, messageId: randomUUID() }), { code: 'epoch_conflict' })
})

t.test('many messages that are sent again at once, with new ones between them, get their first answers', async (t) => {
  const hub = await openHub(t)
  const { alice, bob } = await hub.users('alice', 'bob')
  const conversation = await conversationOf(hub, alice, bob)
  const sendAll = (ids: readonly string[]) =>
    Promise.all(ids.map((messageId) => hub.call(alice, 'send', { conversation, messageId, payload: 'x' })))
  const stored = Array.from({ length: 20 }, () => randomUUID())
  const first = (await sendAll(stored)) as readonly object[]
  await hub.restart()
  const again = await sendAll(stored.flatMap((id) => [id, randomUUID()]))
  t.same(
    again.filter((_, index) => index % 2 === 0),
    first.map((answer) => ({ ...answer, duplicate: true })),
  )
  for (const answer of again.filter((_, index) => index % 2 === 1)) t.match(answer, { duplicate: false })
})

t.test('a signal reaches the members who are connected, and is stored nowhere', async (t) => {
  const hub = await openHub(t)
  const { alice, bob, carol } = await hub.users('alice', 'bob', 'carol')
  const conversation = await conversationOf(hub, alice, bob)
  const [a, phone, b, c] = [
    await hub.connect(alice),
    await hub.connect(alice, 'phone'),
    await hub.connect(bob),
    await hub.connect(carol),
  ]
  t.same(await hub.call(alice, 'signal', { conversation, payload: 'typing' }, { live: a }), {})
  const heard = [a, phone, b, c].map(({ sink }) => sink.trace.filter((line) => line === 'signal').length)
  t.same(heard, [0, 1, 1, 0])
  t.match(await hub.call(bob, 'history', { conversation, after: 0 }), { lastSeq: 4 })
  await hub.call(bob, 'leave', { conversation })
  await t.rejects(hub.call(bob, 'signal', { conversation, payload: 'x' }), { code: 'conversation_not_found' })
})

t.test('a signal overtakes nothing that was sent before it', async (t) => {
  const hub = await openHub(t)
  const { alice, bob } = await hub.users('alice', 'bob')
  const conversation = await conversationOf(hub, alice, bob)
  const a = await hub.connect(alice)
  const b = await hub.connect(bob)
  await Promise.all([
    hub.call(alice, 'send', { conversation, messageId: randomUUID(), payload: 'x' }, { live: a }),
    hub.call(alice, 'signal', { conversation, payload: 'done' }, { live: a }),
  ])
  t.same(b.sink.trace.slice(-2), ['event 5', 'signal'])
  const left = hub.call(alice, 'leave', { conversation }, { live: a })
  await t.rejects(hub.call(alice, 'signal', { conversation, payload: 'x' }, { live: a }), {
    code: 'conversation_not_found',
  })
  await left
  t.equal(b.sink.trace.filter((line) => line === 'signal').length, 1)
})
