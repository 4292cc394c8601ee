import { randomBytes } from 'node:crypto'
import { connect as connectToNats } from '@nats-io/transport-node'
import t, { type Test } from 'tap'
import { conversationOf, type Party } from '../../support/handshake.js'
import { connect } from '../../support/hub-client.js'
import { registerUsers } from '../../support/user.js'
import { type ClusterNode, cluster, messageId, NATS, NO_CLUSTER } from './cluster.js'

const TAG_BYTES = 32
/** What makes a node ask the store must be answered by then. */
const LATE = 1_000_000_000

interface Said {
  readonly subject: string
  readonly data: Uint8Array
}

/** One who reaches the NATS of the nodes, and may listen to all and say anything there. */
async function outsiderOf(t: Test, { rootFingerprint }: ClusterNode) {
  const outsider = await connectToNats({ servers: NATS ?? '' })
  t.teardown(() => outsider.close())
  const said: Said[] = []
  const callback = (_: Error | null, { subject, data }: Said) => void said.push({ subject, data })
  const subscription = outsider.subscribe(`hermes.${rootFingerprint.slice(7, 23)}.>`, { callback })
  await outsider.flush()
  return {
    /** All that nodes said until now; what is said later is not listened to. */
    async recorded(): Promise<readonly Said[]> {
      await outsider.flush()
      subscription.unsubscribe()
      return said
    },
    async say(messages: readonly Said[]): Promise<void> {
      for (const { subject, data } of messages) outsider.publish(subject, data)
      await outsider.flush()
    },
  }
}

/** What a message says, and what it carries, as whoever reads along sees it. */
function opened({ data }: Said) {
  const [head = '', body = ''] = Buffer.from(data.subarray(TAG_BYTES)).toString().split('\n')
  return { head: JSON.parse(head) as Record<string, unknown>, body }
}

/** Words that nobody said, in the form of what was said. */
function forgeries(said: Said): readonly string[] {
  const { head, body } = opened(said)
  const text = (changed: object, carried = body) => `${JSON.stringify({ ...head, ...changed })}\n${carried}`
  const otherBody = body.replace(/"payload":"[^"]*"/, '"payload":"forged"')
  switch (head.kind) {
    case 'wake':
      return [1, 2, 3, LATE].flatMap((ahead) => {
        const seq = Number(head.seq) + ahead
        return [text({ seq }, otherBody.replace(/"seq":\d+/, `"seq":${seq}`)), JSON.stringify({ ...head, seq })]
      })
    case 'signal':
      return [text({ number: LATE }, otherBody), text({ sender: 'another', number: 1 }, otherBody)]
    case 'connection':
      return [JSON.stringify({ ...head, number: LATE })]
    default:
      return [JSON.stringify(head)]
  }
}

/** With no tag, one by chance, and one that was made for something else. */
function tagged({ subject, data }: Said, text: string): readonly Said[] {
  const tags = [new Uint8Array(), randomBytes(TAG_BYTES), data.subarray(0, TAG_BYTES)]
  return tags.map((tag) => ({ subject, data: Buffer.concat([tag, Buffer.from(text)]) }))
}

t.test('who reaches the NATS of the nodes reaches nobody through it', { skip: NO_CLUSTER }, async (t) => {
  const { nodes } = await cluster(t)
  const [here, there] = nodes
  const { alice, bob } = await registerUsers(here, 'alice', 'bob')
  const outsider = await outsiderOf(t, here)
  await connect(t, here, bob)
  const a: Party = { user: alice, client: await connect(t, here, alice) }
  const b: Party = { user: bob, client: await connect(t, there, bob) }
  const conversation = await conversationOf(here, a, b)
  const send = (payload: string) => a.client.call('send', { conversation, messageId: messageId(), payload })
  await send('before')
  await a.client.call('signal', { conversation, payload: 'typing' })
  await b.client.notification('signal')
  await b.client.event(({ payload }) => payload === 'before')

  const recorded = await outsider.recorded()
  const kinds = new Set(recorded.map((said) => opened(said).head.kind))
  t.same(kinds, new Set(['connection', 'wake', 'signal']), 'he sees what nodes tell each other')
  const subjects = [...new Set(recorded.map(({ subject }) => subject))]
  t.ok(subjects.length >= 3)
  await outsider.say(recorded.flatMap((said) => forgeries(said).flatMap((text) => tagged(said, text))))
  await outsider.say(recorded.flatMap(({ data }) => subjects.map((subject) => ({ subject, data }))))
  await outsider.say([...recorded].reverse())

  const { seq } = await send('after')
  await b.client.event(({ payload }) => payload === 'after')
  for (const { client } of [a, b]) {
    await client.call('whoami')
    t.equal(client.closed, null, 'connections stay')
    t.notMatch(JSON.stringify(client.frames), /forged/)
  }
  const seqs = b.client.events.flatMap(({ seq }) => seq ?? [])
  t.same(
    seqs,
    seqs.map((_, n) => seq - seqs.length + 1 + n),
    'each event once, in order, without a hole',
  )
  t.equal(b.client.frames.filter(({ method }) => method === 'signal').length, 1, 'the signal once')
})
