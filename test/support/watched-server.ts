import { randomUUID } from 'node:crypto'
import type { Test } from 'tap'
import { byPassword, recovered, renewed } from './account.js'
import { conversationOf } from './handshake.js'
import { request } from './https.js'
import { connect, refusedUpgrade } from './hub-client.js'
import { startServer, type TestServer } from './server.js'
import { registerUsers } from './user.js'

/** A server with metrics, and something of everything that they count. */
export async function watchedServer(t: Test): Promise<TestServer> {
  const server = await startServer(t, { HERMES_METRICS_PORT: '0', HERMES_LOGIN_FAILURES: '0' })
  const { alice, bob, carol } = await registerUsers(server, 'alice', 'bob', 'carol')
  const [a, b] = [await connect(t, server, alice), await connect(t, server, bob)]
  const conversation = await conversationOf(server, { user: alice, client: a }, { user: bob, client: b })
  for (let n = 0; n < 3; n += 1)
    await a.call('send', { conversation, messageId: randomUUID(), payload: `the words number ${n}` })
  await b.event(({ type, payload }) => type === 'message' && payload === 'the words number 2')
  await b.call('whoami')
  await a.answerTo('this is no JSON')
  await a.call('history', { conversation: randomUUID(), after: 0 }).catch(() => undefined)
  await refusedUpgrade(server, { tls: { ca: server.rootPem } })
  await alice.call('GET', '/conversations')
  for (const path of ['/crl/users', '/fetch/nobody'])
    await request(`${server.identityUrl}${path}`, { ca: server.rootPem })
  await request(
    `${server.identityUrl}/ocsp`,
    {
      method: 'POST',
      ca: server.rootPem,
      headers: { 'content-type': 'application/ocsp-request' },
    },
    Buffer.from('none'),
  )
  await byPassword(server, carol, '/fetch-my', { password: 'a wrong password of hers' })
  await renewed(server, carol)
  await recovered(server, carol)
  await byPassword(server, bob, '/revoke', { reason: 'keyCompromise' })
  await b.whenClosed()
  return server
}
