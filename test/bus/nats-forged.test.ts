import { createSecretKey, randomBytes } from 'node:crypto'
import { connect, type NatsConnection } from '@nats-io/transport-node'
import t, { type Test } from 'tap'
import { TAG_BYTES, withTag } from '../../src/bus/nats/tag.js'
import { connection, signal, standing, wake } from './contract.js'
import { KEY, type Node, node, nodes, prefix, until } from './nats-fixture.js'

const url = process.env.HERMES_TEST_NATS_URL ?? ''
const skip = url === '' && 'HERMES_TEST_NATS_URL is not set'
const servers = [url]

interface Recorded {
  readonly subject: string
  readonly data: Uint8Array
}

interface Scene {
  readonly name: string
  readonly here: Node
  readonly there: Node
  /** Somebody who may publish and listen to all, as nobody should. */
  readonly outsider: NatsConnection
  readonly recorded: readonly Recorded[]
  /** What the second node was told since the last time; whatever was published before has arrived. */
  readonly heard: () => Promise<readonly string[]>
}

/** Joins the NATS of an installation, and writes down what is said there. */
async function listenIn(t: Test, name: string) {
  const outsider = await connect({ servers: url })
  t.teardown(() => outsider.close())
  const recorded: Recorded[] = []
  const callback = (_: Error | null, { subject, data }: Recorded) => void recorded.push({ subject, data })
  outsider.subscribe(`${name}.>`, { callback })
  await outsider.flush()
  return { outsider, recorded }
}

/** What nodes tell each other, one message of each kind, and who listens in. */
async function scene(t: Test): Promise<Scene> {
  const name = prefix()
  const [here, there] = await nodes(t, 2, { servers, prefix: name })
  if (!here || !there) throw new Error('there are two')
  const { outsider, recorded: all } = await listenIn(t, name)
  for (const topic of ['conversation.1', 'conversation.2', 'user.7'] as const) await there.bus.follow(topic)
  here.bus.publish(wake)
  here.bus.publish({ ...wake, seq: 2, userId: 7, type: 'joined', invitation: 'i' })
  here.bus.signal(signal)
  here.bus.connection(connection)
  here.bus.standing(standing)
  await until(() => all.length === 6, 'all that was said')
  const recorded = [...all]
  const heard = async () => {
    await outsider.flush()
    here.bus.standing({ userId: 999 })
    await until(() => there.heard.lines.includes('user 999'), 'the last word')
    return there.heard.lines.splice(0).filter((line) => line !== 'user 999')
  }
  const said = ['1 elsewhere', '2 elsewhere', '2 to user 7 elsewhere', signal.body, 'device 70 2', 'user 7']
  t.same(await heard(), ['missed', ...said])
  return { name, here, there, outsider, recorded, heard }
}

t.test('who lacks the key of the nodes is heard by none', { skip }, async (t) => {
  const { name, here, there, outsider, recorded, heard } = await scene(t)
  const other = createSecretKey(randomBytes(32))
  const subjects = new Set(recorded.map(({ subject }) => subject))
  t.same(subjects, new Set(['conversation.1', 'user.7', 'control'].map((place) => `${name}.${place}`)))
  const forge: Readonly<Record<string, (message: Recorded) => readonly Recorded[]>> = {
    'without a tag': ({ subject, data }) => [{ subject, data: data.subarray(TAG_BYTES) }],
    'with the tag of another key': ({ subject, data }) => [
      { subject, data: withTag(other, subject, Buffer.from(data.subarray(TAG_BYTES)).toString()) },
    ],
    'with a byte changed': ({ subject, data }) => [
      { subject, data: data.map((byte, at) => byte ^ (at === 40 ? 1 : 0)) },
    ],
    'with half of the tag': ({ subject, data }) => [{ subject, data: data.subarray(0, TAG_BYTES / 2) }],
    'with nothing behind the tag': ({ subject, data }) => [{ subject, data: data.subarray(0, TAG_BYTES) }],
    empty: ({ subject }) => [{ subject, data: new Uint8Array() }],
    'under the subjects of others': ({ subject, data }) =>
      [...subjects, `${name}.conversation.2`].filter((one) => one !== subject).map((one) => ({ subject: one, data })),
  }
  for (const [what, make] of Object.entries(forge)) {
    const forged = recorded.flatMap(make)
    const before = there.notes.drops.length
    for (const { subject, data } of forged) outsider.publish(subject, data)
    t.same(await heard(), [], what)
    t.same(
      there.notes.drops.slice(before),
      forged.map(() => 'invalid'),
      `${what}: each is counted`,
    )
  }
  t.match(new Set(here.notes.drops), new Set(['invalid']), 'nor by the one that said it')
})

t.test('a signal that was heard is not heard again, nor by who said it', { skip }, async (t) => {
  const { here, there, outsider, recorded, heard } = await scene(t)
  await here.bus.follow('conversation.1')
  here.heard.lines.splice(0)
  for (const { subject, data } of recorded) outsider.publish(subject, data)
  // What the others say means the same whenever it is said: an event has its seq, a connection its number.
  t.same(await heard(), ['1 elsewhere', '2 elsewhere', '2 to user 7 elsewhere', 'device 70 2', 'user 7'])
  t.same(there.notes.drops, ['invalid'])
  t.notOk(here.heard.lines.includes(signal.body))
  here.bus.signal(signal)
  t.same(await heard(), [signal.body], 'a new one with the same words is')
})

t.test('a signal of long ago is not heard by a node that did not hear it then', { skip }, async (t) => {
  const name = prefix()
  const clock = { now: Date.now() }
  const now = () => clock.now
  const said = { servers, prefix: name, now }
  const [here, there, later] = await nodes(t, 3, said)
  if (!here || !there || !later) throw new Error('there are three')
  const { outsider, recorded } = await listenIn(t, name)
  here.bus.signal(signal)
  await until(() => recorded.length === 1, 'the signal')
  const [first] = recorded
  if (!first) throw new Error('there is one')
  const replay = async ({ bus, heard, notes }: Node) => {
    heard.lines.splice(0)
    await bus.follow('conversation.1')
    outsider.publish(first.subject, first.data)
    await until(() => heard.lines.length + notes.drops.length > 0, 'the signal')
    return [...heard.lines, ...notes.drops]
  }
  clock.now += 60_000
  t.same(await replay(there), [signal.body], 'late')
  clock.now += 1
  t.same(await replay(later), ['invalid'], 'too late')
})

t.test('a node whose clock stands elsewhere is heard but for its signals', { skip }, async (t) => {
  const name = prefix()
  const there = node(t, { servers, prefix: name })
  const here = node(t, { servers, prefix: name, now: () => Date.now() + 3_600_000 })
  for (const { bus } of [here, there]) await until(() => !bus.isAway, 'NATS')
  await there.bus.follow('conversation.1')
  there.heard.lines.splice(0)
  here.bus.signal(signal)
  here.bus.publish(wake)
  await until(() => there.heard.lines.length > 0, 'the event')
  t.same([there.heard.lines, there.notes.drops], [['1 elsewhere'], ['invalid']])
})

t.test('a node with another key is another installation', { skip }, async (t) => {
  const name = prefix()
  const [here] = await nodes(t, 1, { servers, prefix: name })
  const [there] = await nodes(t, 1, { servers, prefix: name, key: createSecretKey(randomBytes(32)) })
  here?.bus.standing(standing)
  await until(() => there?.notes.drops.length === 1, 'the word')
  t.same(there?.heard.lines, ['missed'])
  t.equal(KEY.symmetricKeySize, 32)
})
