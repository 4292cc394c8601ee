import { once } from 'node:events'
import t from 'tap'
import { WebSocket } from 'ws'
import { refusedUpgrade } from '../../support/hub-client.js'
import { startServer } from '../../support/server.js'
import { answerOf, open } from '../../support/tls-session.js'
import { registerUser } from '../../support/user.js'

const ALLOWED = 'https://app.example'

t.test('a foreign Origin', async (t) => {
  const server = await startServer(t, { HERMES_ALLOWED_ORIGINS: ALLOWED })
  const alice = await registerUser(server, 'alice')
  for (const origin of [
    'https://evil.example',
    'null',
    `${ALLOWED}.evil.example`,
    'http://app.example',
    server.hubUrl,
  ]) {
    const read = await alice.call('GET', '/me', undefined, { origin })
    t.match(read, { status: 403, headers: { connection: 'close' } }, origin)
    t.equal(read.json().code, 'origin_refused')
    const written = await alice.call('POST', '/conversations', { participants: [] }, { origin })
    t.equal(written.json().code, 'origin_refused')
    const upgrade = await refusedUpgrade(server, alice, { headers: { origin } })
    t.match(upgrade, { status: 403, headers: { connection: 'close' } }, origin)
    t.equal(upgrade.json().code, 'origin_refused')
  }
  const long = await alice.call('GET', '/me', undefined, { origin: `https://${'a'.repeat(10_000)}.example` })
  t.equal(long.json().code, 'origin_refused')
  t.ok(long.text.length < 1000, 'nor is it repeated in full, into the log neither')
  t.equal((await alice.call('GET', '/me', undefined, { origin: ALLOWED })).status, 200)
  const socket = new WebSocket(`${server.hubUrl.replace('https', 'wss')}/hub`, { ...alice.tls, origin: ALLOWED })
  t.teardown(() => socket.terminate())
  await once(socket, 'open')
})

t.test('an Origin behind more fields than Node keeps by default', async (t) => {
  const server = await startServer(t)
  const alice = await registerUser(server, 'alice')
  const socket = await open(t, server.hubUrl, alice.tls)
  socket.write(`GET /me HTTP/1.1\r\nHost: localhost\r\n${'A:\r\n'.repeat(2100)}Origin: https://evil.example\r\n\r\n`)
  t.match((await answerOf(socket, 'GET', '/me')).json(), { code: 'origin_refused' })
})

t.test('by default every Origin is foreign', async (t) => {
  const server = await startServer(t)
  const alice = await registerUser(server, 'alice')
  t.equal((await alice.call('GET', '/me', undefined, { origin: server.hubUrl })).status, 403)
  t.equal((await refusedUpgrade(server, alice, { headers: { origin: server.hubUrl } })).status, 403)
})
