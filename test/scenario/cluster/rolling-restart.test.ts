import t from 'tap'
import { conversationOf, type Party } from '../../support/handshake.js'
import { connect, type HubClient } from '../../support/hub-client.js'
import { registerUsers, type User } from '../../support/user.js'
import { type ClusterNode, cluster, messageId, NO_CLUSTER } from './cluster.js'

/** A client that goes to the next node when its own lets it go, and sends again what was not answered. */
class Wanderer {
  readonly user: User
  readonly #open: (node: number) => Promise<HubClient>
  readonly #count: number
  readonly answered = new Map<string, number>()
  readonly closes: number[] = []
  readonly reconnectAfter: number[] = []
  #node: number
  client: HubClient
  #isDone = false

  constructor(user: User, client: HubClient, node: number, count: number, open: (node: number) => Promise<HubClient>) {
    this.user = user
    this.client = client
    this.#node = node
    this.#count = count
    this.#open = open
  }

  async talk(conversation: string): Promise<void> {
    while (!this.#isDone) {
      const id = messageId()
      await this.#send(conversation, id)
    }
  }

  stop(): void {
    this.#isDone = true
  }

  async #send(conversation: string, id: string): Promise<void> {
    for (;;) {
      try {
        const { seq } = await this.client.call('send', { conversation, messageId: id, payload: id })
        this.answered.set(id, seq)
        return
      } catch (error) {
        if (this.client.closed === null && !String(error).includes('unavailable')) throw error
        if (this.client.closed !== null) await this.#move()
      }
    }
  }

  async #move(): Promise<void> {
    this.closes.push(this.client.closed?.code ?? 0)
    const draining = this.client.frames.find(({ method }) => method === 'draining')
    if (draining) this.reconnectAfter.push(Number(draining.params.reconnectAfterMs))
    for (let tries = 0; ; tries += 1) {
      this.#node = (this.#node + 1) % this.#count
      try {
        this.client = await this.#open(this.#node)
        return
      } catch (error) {
        if (tries > 50) throw error
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
    }
  }
}

t.test('three nodes are restarted one after another under load', { skip: NO_CLUSTER }, async (t) => {
  const started = await cluster(t, { count: 3, environment: { HERMES_DRAIN_SECONDS: '2' } })
  const nodes: ClusterNode[] = [...started.nodes]
  const { alice, bob, carol } = await registerUsers(started.nodes[0], 'alice', 'bob', 'carol')
  const users = [alice, bob, carol]
  const parties: Party[] = []
  for (const [index, user] of users.entries())
    parties.push({ user, client: await connect(t, nodes[index] ?? started.nodes[0], user) })
  const conversation = await conversationOf(started.nodes[0], ...(parties as [Party, Party, Party]))
  const wanderers = parties.map(
    ({ user, client }, index) =>
      new Wanderer(user, client, index, nodes.length, async (node) => {
        const there = nodes[node]
        if (!there) throw new Error('there is no such node')
        return connect(t, there, user)
      }),
  )
  const talking = Promise.all(wanderers.map((wanderer) => wanderer.talk(conversation)))
  for (const number of nodes.keys()) {
    const node = nodes[number]
    node?.process.child.kill('SIGTERM')
    const ended = await node?.process.ended
    t.equal(ended?.code, 0, `node ${number} ends of its own accord`)
    nodes[number] = await started.start(number)
  }
  for (const wanderer of wanderers) wanderer.stop()
  await talking

  const closes = wanderers.flatMap((wanderer) => wanderer.closes)
  t.ok(closes.length >= nodes.length, 'each node let somebody go')
  t.same(new Set(closes), new Set([1012]), 'with 1012 alone')
  const times = wanderers.flatMap((wanderer) => wanderer.reconnectAfter)
  t.equal(times.length, closes.length, 'each was told when to come back')
  t.ok(new Set(times).size > 1, 'and not all at once')

  const stored = new Map<string, number>()
  for (let after = 0, more = true; more; ) {
    const page = await wanderers[0]?.client.call('history', { conversation, after })
    for (const { seq, type, payload } of page?.events ?? []) {
      if (type === 'message') stored.set(payload, seq)
      if (seq !== after + 1) t.fail(`event ${seq} follows ${after}`)
      after = seq
    }
    more = page?.more === true
  }
  const lost = wanderers.flatMap(({ answered }) => [...answered].filter(([id, seq]) => stored.get(id) !== seq))
  t.same(lost, [], `of ${wanderers.reduce((sum, { answered }) => sum + answered.size, 0)} acknowledged messages`)
})
