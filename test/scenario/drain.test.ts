import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import t from 'tap'
import { conversationOf } from '../support/handshake.js'
import { connect, hubSocket } from '../support/hub-client.js'
import { startServer } from '../support/server.js'
import { registerUsers } from '../support/user.js'

// Longer than the ten seconds after which Fastify gives up a plugin by default.
t.test('a planned end: clients are told, closed one after another with 1012, and miss nothing', async (t) => {
  const server = await startServer(t, { HERMES_DRAIN_SECONDS: '18' })
  const { alice, bob, carol } = await registerUsers(server, 'alice', 'bob', 'carol')
  const a = { user: alice, client: await connect(t, server, alice) }
  const b = { user: bob, client: await connect(t, server, bob) }
  const c = { user: carol, client: await connect(t, server, carol) }
  const conversation = await conversationOf(server, a, b, c)
  await c.client.close()
  const last = await connect(t, server, carol, { device: 'last' })
  await last.notification('synced')

  const closing = server.close()
  for (const client of [a.client, b.client, last])
    t.type((await client.notification('draining')).reconnectAfterMs, 'number')
  t.match(await a.client.whenClosed(), { code: 1012 })
  t.equal(last.closed, null, 'the last is still there when the first is gone')
  const newcomer = hubSocket(server, alice)
  const [, refusal] = (await once(newcomer, 'unexpected-response')) as [unknown, { statusCode: number }]
  t.equal(refusal.statusCode, 503, 'nobody new is let in')
  const { seq } = await last.call('send', { conversation, messageId: randomUUID(), payload: 'to the last moment' })
  t.match(await b.client.whenClosed(), { code: 1012 })
  t.match(await last.whenClosed(), { code: 1012 })
  await closing

  const again = await startServer(t, {
    HERMES_CERTS_DIR: server.certsDir,
    HERMES_DATABASE_URL: `file:${join(server.directory, 'hermes.db')}`,
  })
  const returned = await connect(t, again, alice)
  t.match(await returned.event((event) => event.type === 'message'), { seq, payload: 'to the last moment' })
})
