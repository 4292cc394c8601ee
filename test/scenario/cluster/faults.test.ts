import t from 'tap'
import { NO_POSTGRES, testDatabase } from '../../store/postgres-database.js'
import { conversationOf, type Party } from '../../support/handshake.js'
import { request } from '../../support/https.js'
import { connect, type HubClient, refusal } from '../../support/hub-client.js'
import { natsServer, noNatsServer } from '../../support/nats-server.js'
import { tcpProxy } from '../../support/tcp-proxy.js'
import { PASSWORD, registerUsers } from '../../support/user.js'
import { type ClusterNode, cluster, messageId } from './cluster.js'

const send = (client: HubClient, conversation: string, payload: string) =>
  client.call('send', { conversation, messageId: messageId(), payload })

const got = (client: HubClient, text: string) => client.event(({ payload }) => payload === text)

async function readiness({ identityUrl, rootPem }: ClusterNode): Promise<{ status: string; away?: readonly string[] }> {
  return (await request(`${identityUrl}/health/ready`, { ca: rootPem })).json()
}

/** Asks until it answers so. */
async function until(t: { readonly passing: () => boolean }, ask: () => Promise<boolean>): Promise<void> {
  while (t.passing() && !(await ask().catch(() => false))) await new Promise((resolve) => setTimeout(resolve, 50))
}

t.test('NATS away: slower, nothing lost', { skip: NO_POSTGRES || noNatsServer }, async (t) => {
  const nats = await natsServer(t)
  const { nodes } = await cluster(t, { natsUrl: nats.url })
  const [here, there] = nodes
  const { alice, bob, carol } = await registerUsers(here, 'alice', 'bob', 'carol')
  const a: Party = { user: alice, client: await connect(t, here, alice) }
  const b: Party = { user: bob, client: await connect(t, there, bob) }
  const conversation = await conversationOf(here, a, b)
  t.same(await readiness(here), { status: 'ok' })

  await nats.kill()
  for (const node of nodes) await until(t, async () => (await readiness(node)).status === 'degraded')
  t.same(await readiness(there), { status: 'degraded', away: ['nats'] })
  for (const text of ['one', 'two', 'three']) await send(a.client, conversation, text)
  await got(b.client, 'three')
  await send(b.client, conversation, 'four')
  await got(a.client, 'four')

  // A whole handshake, a device that moves, and a revocation, by the store alone.
  const c: Party = { user: carol, client: await connect(t, there, carol) }
  const another = await conversationOf(here, a, c)
  await send(c.client, another, 'five')
  await got(a.client, 'five')
  const moved = await connect(t, here, carol)
  t.match(await c.client.whenClosed(), { code: 4505 })
  const body = { username: 'carol', password: PASSWORD, reason: 'superseded' }
  await request(`${there.identityUrl}/revoke`, { method: 'POST', ca: there.rootPem }, body)
  t.match(await moved.whenClosed(), { code: 4501 })

  await nats.start()
  for (const node of nodes) await until(t, async () => (await readiness(node)).status === 'ok')
  await send(a.client, conversation, 'six')
  await got(b.client, 'six')
  t.same(
    b.client.events.flatMap(({ payload }) => payload ?? []),
    ['one', 'two', 'three', 'six'],
    'in order, once',
  )
})

t.test(
  'PostgreSQL away: unavailable, connections stay, all goes on',
  { skip: NO_POSTGRES || noNatsServer },
  async (t) => {
    const nats = await natsServer(t)
    const url = new URL(await testDatabase(t))
    const proxy = await tcpProxy(t, Number(url.port || 5432))
    url.host = `127.0.0.1:${proxy.port}`
    const environment = { HERMES_DATABASE_TIMEOUT_SECONDS: '2' }
    const { nodes } = await cluster(t, { natsUrl: nats.url, databaseUrl: url.href, environment })
    const [here, there] = nodes
    const { alice, bob } = await registerUsers(here, 'alice', 'bob')
    const a: Party = { user: alice, client: await connect(t, here, alice) }
    const b: Party = { user: bob, client: await connect(t, there, bob) }
    const conversation = await conversationOf(here, a, b)

    proxy.cut()
    const refused = await refusal(send(a.client, conversation, 'in vain'))
    t.match(refused.data, { code: 'unavailable', retryable: true })
    await until(t, async () => (await request(`${here.identityUrl}/health/ready`, { ca: here.rootPem })).status === 503)
    t.same([a.client.closed, b.client.closed], [null, null], 'the connections stay')

    proxy.mend()
    const id = messageId()
    const again = () => a.client.call('send', { conversation, messageId: id, payload: 'again' })
    await until(t, () => again().then(() => true))
    await got(b.client, 'again')
    await send(b.client, conversation, 'and back')
    await got(a.client, 'and back')
    t.same(
      b.client.events.flatMap(({ payload }) => payload ?? []),
      ['again'],
    )
    t.same([a.client.closed, b.client.closed], [null, null])
  },
)
