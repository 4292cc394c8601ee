import t, { type Test } from 'tap'
import { busContract, claim, connection, signal, standing, wake } from './contract.js'
import { type Node, node, nodes, until } from './nats-fixture.js'

const url = process.env.HERMES_TEST_NATS_URL ?? ''
const skip = url === '' && 'HERMES_TEST_NATS_URL is not set'
const servers = [url]

/** Two nodes, of which the second follows what it is told to. */
async function pair(t: Test, ...topics: Parameters<Node['bus']['follow']>[0][]): Promise<readonly [Node, Node]> {
  const [here, there] = await nodes(t, 2, { servers })
  if (!here || !there) throw new Error('there are two')
  for (const topic of topics) await there.bus.follow(topic)
  // What there is to say of the beginning.
  for (const { heard } of [here, there]) heard.lines.splice(0)
  return [here, there]
}

/** Whatever was said before this has arrived when it has. */
async function arrived([here, there]: readonly [Node, Node]): Promise<void> {
  here.bus.standing({ userId: 999 })
  await until(() => there.heard.lines.includes('user 999'), 'the last word')
  there.heard.lines.splice(there.heard.lines.indexOf('user 999'), 1)
}

if (!skip)
  busContract('NATS, within a process', async (t) => {
    const { bus } = node(t, { servers })
    await until(() => !bus.isAway, 'NATS')
    return bus
  })

t.test('NATS, between processes', { skip }, async (t) => {
  t.test('another node hears what it follows, and changes of standing', async (t) => {
    const both = await pair(t, 'conversation.1', 'user.7')
    const [{ bus }, there] = both
    bus.publish({ ...wake, body: '{"text":"ä\\n"}', origin: 'mine' })
    bus.publish({ ...wake, seq: 2, userId: 7, type: 'joined', invitation: 'i' })
    bus.publish({ ...wake, conversationId: 2, seq: 5, userId: 8 })
    bus.signal(signal)
    bus.signal({ ...signal, conversationId: 2 })
    bus.connection(connection)
    bus.connection({ ...connection, userId: 8 })
    bus.claim(claim)
    bus.claim({ ...claim, conversationId: 2 })
    bus.standing(standing)
    await arrived(both)
    t.same(there.heard.lines, [
      ...['1 elsewhere', '2 elsewhere', '2 to user 7 elsewhere'],
      ...[signal.body, 'device 70 2', 'claim u', 'user 7'],
    ])
    t.same(there.heard.wakes[0], { ...wake, body: '{"text":"ä\\n"}', origin: null }, 'sessions are of one node')
    t.match(there.heard.wakes[2], { type: 'joined', invitation: 'i', userId: 7, body: '{}' })
  })

  t.test('what is no longer followed is not heard', async (t) => {
    const both = await pair(t, 'conversation.1', 'conversation.1')
    const [here, there] = both
    there.bus.unfollow('conversation.1')
    here.bus.publish(wake)
    await arrived(both)
    t.same(there.heard.lines, ['1 elsewhere'], 'it is followed once still')
    there.bus.unfollow('conversation.1')
    await there.bus.follow('conversation.2')
    here.bus.publish({ ...wake, seq: 2 })
    await arrived(both)
    t.same(there.heard.lines, ['1 elsewhere'])
  })

  t.test('an event that is too long comes without its body', async (t) => {
    const [here, there] = await nodes(t, 2, { servers, inlineBytes: 10 })
    await there?.bus.follow('conversation.1')
    here?.bus.publish({ ...wake, body: '0123456789' })
    here?.bus.publish({ ...wake, seq: 2, body: '01234567890' })
    await until(() => there?.heard.wakes.length === 2, 'both')
    t.same(
      there?.heard.wakes.map(({ body }) => body),
      ['0123456789', null],
    )
  })

  t.test('longer than NATS takes, likewise, whatever the limit', async (t) => {
    const [here, there] = await nodes(t, 2, { servers, inlineBytes: 100_000_000 })
    await there?.bus.follow('conversation.1')
    here?.bus.publish({ ...wake, body: 'x'.repeat(8 * 1024 * 1024) })
    await until(() => there?.heard.wakes.length === 1, 'it')
    t.equal(there?.heard.wakes[0]?.body, null)
  })

  t.test('installations do not hear each other', async (t) => {
    const [here] = await nodes(t, 1, { servers })
    const [there] = await nodes(t, 2, { servers })
    await there?.bus.follow('conversation.1')
    here?.bus.publish(wake)
    here?.bus.standing(standing)
    await here?.bus.follow('conversation.9')
    await there?.bus.follow('conversation.9')
    t.same(there?.heard.lines, ['missed'])
  })

  t.test('what NATS has not taken is bounded, and what goes beyond is dropped', async (t) => {
    const [here] = await nodes(t, 1, { servers, bufferBytes: 100_000 })
    for (let seq = 1; seq <= 100; seq += 1) here?.bus.publish({ ...wake, seq, body: 'x'.repeat(10_000) })
    t.match([here?.notes.counts.sent, here?.notes.drops.length], [9, 91])
    t.ok(here?.notes.drops.every((why) => why === 'full'))
    await until(() => (here?.notes.lags.length ?? 0) > 1, 'the next beat')
    here?.bus.publish({ ...wake, seq: 101 })
    t.equal(here?.notes.counts.sent, 10, 'when it has, it takes more')
  })
})
