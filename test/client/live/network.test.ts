import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import type { Conversation } from '../../../src/client/index.js'
import { startServer } from '../../support/server.js'
import { clientOf, payloadsUpTo, talkOf } from './clients.js'
import { type CuttingProxy, cuttingProxy } from './cutting-proxy.js'

// A connection that is silent for two heartbeats is dead.
const server = await startServer(t, { HERMES_HEARTBEAT_SECONDS: '1' })

/** Two who talk, each by a way that can be cut. */
async function talk(t: Test, names: readonly [string, string]) {
  const ways = [await cuttingProxy(t, server.hubUrl), await cuttingProxy(t, server.hubUrl)] as const
  const [alice, bob] = [
    await clientOf(t, server, names[0], { hubUrl: ways[0].url }),
    await clientOf(t, server, names[1], { hubUrl: ways[1].url }),
  ] as const
  await Promise.all([alice.client.connect(), bob.client.connect()])
  return { alice, bob, ways, conversations: await talkOf(alice, bob) }
}

/** Both send all the while; what each was told is stored. */
async function chatWhile(conversations: readonly Conversation[], outage: Promise<void>) {
  let isOver = false
  const stored = new Map<number, string>()
  const sending = conversations.map(async (conversation, index) => {
    for (let count = 0; !isOver; count += 1) {
      const payload = `${index} says ${count}`
      stored.set((await conversation.send(payload)).seq, payload)
      await sleep(5)
    }
  })
  await outage
  isOver = true
  await Promise.all(sending)
  const [last] = conversations
  stored.set((await last?.send('the end'))?.seq ?? 0, 'the end')
  return [...stored].sort(([a], [b]) => a - b).map(([, payload]) => payload)
}

async function outage({ ways }: { ways: readonly CuttingProxy[] }, how: 'cut' | 'stall', ms: number): Promise<void> {
  await sleep(50)
  for (const way of ways) way[how]()
  await sleep(ms)
  for (const way of ways) way.mend()
  await sleep(50)
}

const { HERMES_OUTAGE_SECONDS = '1' } = process.env
const SECONDS = Number(HERMES_OUTAGE_SECONDS)
t.setTimeout(SECONDS * 10_000 + 60_000)

for (const [how, names] of [
  ['cut', ['alice', 'bob']],
  ['stall', ['anna', 'ben']],
] as const)
  t.test(`a network that is ${how} for ${SECONDS} s loses and doubles nothing`, async (t) => {
    const scene = await talk(t, names)
    const said = await chatWhile(scene.conversations, outage(scene, how, SECONDS * 1000 + (how === 'stall' ? 2000 : 0)))
    for (const conversation of scene.conversations) t.same(await payloadsUpTo(conversation, 'the end', 0), said)
    t.ok(
      scene.ways.every(({ connections }) => connections > 1),
      'each connected again',
    )
    t.equal(scene.alice.client.link, 'connected')
  })
