import t from 'tap'
import { conversationOf, type Party } from '../../support/handshake.js'
import { request } from '../../support/https.js'
import { connect, type HubClient } from '../../support/hub-client.js'
import { PASSWORD, registerUsers } from '../../support/user.js'
import { cluster, messageId, NO_CLUSTER } from './cluster.js'

/** At once, half from each node: they must not keep each other from their turns. */
const MESSAGES = 160

t.test('several nodes over one PostgreSQL and one NATS', { skip: NO_CLUSTER }, async (t) => {
  const { nodes } = await cluster(t, { environment: { HERMES_LOGIN_FAILURES: '2', HERMES_SUPERSEDE_MINUTES: '0' } })
  const [here, there] = nodes
  const { alice, bob, carol, dave } = await registerUsers(here, 'alice', 'bob', 'carol', 'dave')
  const send = (client: HubClient, conversation: string, payload: string) =>
    client.call('send', { conversation, messageId: messageId(), payload })

  await t.test('two users on different nodes see one order', async (t) => {
    const a: Party = { user: alice, client: await connect(t, here, alice) }
    const b: Party = { user: bob, client: await connect(t, there, bob) }
    const other = await connect(t, there, alice, { device: 'other' })
    const conversation = await conversationOf(here, a, b)
    const answers = await Promise.all(
      Array.from({ length: MESSAGES }, (_, n) => send(n % 2 === 0 ? a.client : b.client, conversation, String(n))),
    )
    const last = Math.max(...answers.map(({ seq }) => seq))
    const isLast = ({ seq }: { readonly seq: number }) => seq === last
    const seen = (client: HubClient) =>
      client.events.filter(({ type }) => type === 'message').map(({ seq, payload }) => `${seq} ${payload}`)
    await other.event(isLast)
    const all = seen(other)
    t.same(
      all.map((line) => Number(line.split(' ')[0])),
      Array.from({ length: MESSAGES }, (_, n) => last - MESSAGES + 1 + n),
      'in order, without a hole',
    )
    t.same(
      answers.map(({ seq }, n) => `${seq} ${n}`).sort(),
      [...all].sort(),
      'each under the seq that its sender was answered',
    )
    // Each has the answers to its own.
    await send(a.client, conversation, 'from here')
    await b.client.event(({ payload }) => payload === 'from here')
    await send(b.client, conversation, 'from there')
    await a.client.event(({ payload }) => payload === 'from there')
    t.same(
      seen(b.client).filter((line) => all.includes(line)),
      all.filter((line) => Number(line.split(' ')[1]) % 2 === 0),
    )
    t.same(
      seen(a.client).filter((line) => all.includes(line)),
      all.filter((line) => Number(line.split(' ')[1]) % 2 === 1),
    )

    await a.client.call('signal', { conversation, payload: 'typing' })
    t.match(await b.client.notification('signal'), { payload: 'typing', from: { username: 'alice' } })
    await b.client.call('leave', { conversation })
    await a.client.event(({ type }) => type === 'left')
    const { members } = (await a.client.call('members', { conversation })) as unknown as { members: unknown[] }
    t.equal(members.length, 1, 'whoever left there is no member here')
  })

  await t.test('the newest connection of a device is the one it has, wherever it is', async (t) => {
    const first = await connect(t, here, carol)
    const second = await connect(t, there, carol)
    t.match(await first.whenClosed(), { code: 4505 })
    const third = await connect(t, here, carol)
    t.match(await second.whenClosed(), { code: 4505 })
    t.equal(third.closed, null)
  })

  await t.test('what ends a certificate or an account is felt on every node', async (t) => {
    const live = await connect(t, here, carol)
    const body = { username: 'carol', password: PASSWORD, reason: 'superseded' }
    const revoked = await request(`${there.identityUrl}/revoke`, { method: 'POST', ca: there.rootPem }, body)
    t.equal(revoked.status, 204)
    t.match(await live.whenClosed(), { code: 4501 })
    t.match((await carol.call('GET', '/me')).json(), { code: 'certificate_revoked' })

    const other = await connect(t, there, dave)
    t.match(await here.admin('disable', 'dave'), { code: 0 })
    t.match(await other.whenClosed(), { code: 4503 })
    t.match(await there.admin('enable', 'dave'), { code: 0 })
    await connect(t, here, dave)
  })

  await t.test('wrong passwords count together, and are forgiven together', async (t) => {
    const fetchMy = (node: typeof here, password: string) =>
      request(`${node.identityUrl}/fetch-my`, { method: 'POST', ca: node.rootPem }, { username: 'alice', password })
    for (const node of [here, there]) t.equal((await fetchMy(node, 'a wrong password')).status, 401)
    for (const node of [here, there]) t.match((await fetchMy(node, PASSWORD)).json(), { code: 'account_locked' })
    t.match(await there.admin('unlock', 'alice'), { code: 0 })
    t.not((await fetchMy(here, PASSWORD)).status, 429)
  })
})
