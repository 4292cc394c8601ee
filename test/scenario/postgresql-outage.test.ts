import { randomUUID } from 'node:crypto'
import t from 'tap'
import { gateTo } from '../store/gate.js'
import { NO_POSTGRES, testDatabase } from '../store/postgres-database.js'
import { conversationOf } from '../support/handshake.js'
import { request } from '../support/https.js'
import { connect, refusal } from '../support/hub-client.js'
import { startServer } from '../support/server.js'
import { registerUsers } from '../support/user.js'

t.test('while PostgreSQL is away requests are unavailable; connections stay', { skip: NO_POSTGRES }, async (t) => {
  const gate = await gateTo(t, await testDatabase(t))
  const server = await startServer(t, { HERMES_DATABASE_URL: gate.url })
  const { alice, bob } = await registerUsers(server, 'alice', 'bob')
  const a = { user: alice, client: await connect(t, server, alice) }
  const b = { user: bob, client: await connect(t, server, bob) }
  const conversation = await conversationOf(server, a, b)
  const message = { conversation, messageId: randomUUID(), payload: 'hello bob' }
  const ready = async () => (await request(`${server.identityUrl}/health/ready`, { ca: server.rootPem })).status
  t.equal(await ready(), 200)

  await gate.shut()
  t.equal((await refusal(a.client.call('send', message))).data.code, 'unavailable')
  t.equal((await refusal(b.client.call('history', { conversation, after: 0, limit: 10 }))).data.code, 'unavailable')
  t.equal((await request(`${server.identityUrl}/fetch/alice`, { ca: server.rootPem })).status, 503)
  t.equal(await ready(), 503)

  await gate.open()
  t.match(await a.client.call('send', message), { duplicate: false })
  t.match(await b.client.event(({ type }) => type === 'message'), { payload: 'hello bob' })
  t.equal(await ready(), 200)
  t.equal((await request(`${server.identityUrl}/fetch/alice`, { ca: server.rootPem })).status, 200)
})
