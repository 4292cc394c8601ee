import { once } from 'node:events'
import { connect, type TLSSocket } from 'node:tls'
import t, { type Test } from 'tap'
import { startServer, type TestServer } from '../support/server.js'
import { registerUser } from '../support/user.js'

const HANDSHAKE = ['Connection: Upgrade', 'Sec-WebSocket-Version: 13', `Sec-WebSocket-Key: ${'A'.repeat(22)}==`]

function upgrade(path: string, ...headers: readonly string[]): string {
  const fields = headers.some((header) => header.startsWith('Upgrade:')) ? headers : ['Upgrade: websocket', ...headers]
  return [`GET ${path} HTTP/1.1`, 'Host: localhost', ...HANDSHAKE, ...fields, '\r\n'].join('\r\n')
}

async function open(t: Test, server: TestServer, tls: object): Promise<TLSSocket> {
  const { port } = new URL(server.hubUrl)
  const options = { port: Number(port), host: '127.0.0.1', servername: 'localhost', allowHalfOpen: true }
  const socket = connect({ ...options, ca: server.rootPem, ...tls })
  t.teardown(() => socket.destroy())
  await once(socket, 'secureConnect')
  return socket
}

/** All that comes until the server ends the connection, which a client that is half open never does. */
async function talk(t: Test, server: TestServer, tls: object, bytes: string): Promise<string> {
  const socket = await open(t, server, tls)
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  socket.write(bytes)
  await once(socket, 'end')
  return Buffer.concat(chunks).toString()
}

t.test('the server closes the connection of every upgrade it refuses', async (t) => {
  const server = await startServer(t)
  const { tls } = await registerUser(server, 'alice')
  const cases: readonly (readonly [tls: object, request: string, status: number, code: string])[] = [
    [{}, upgrade('/hub'), 403, 'certificate_required'],
    [{}, upgrade('/nowhere'), 403, 'certificate_required'],
    [{}, upgrade('/%zz'), 403, 'certificate_required'],
    [tls, upgrade('/%zz'), 400, 'invalid_request'],
    [tls, upgrade('/hub').replace('HTTP/1.1', 'HTTP/1.0'), 400, 'invalid_request'],
    [tls, upgrade('/hub', 'Host: elsewhere'), 400, 'invalid_request'],
    [tls, upgrade('/hub', 'Origin: https://evil.example'), 403, 'origin_refused'],
    [tls, upgrade('/hub?device=A+B'), 400, 'invalid_request'],
    [tls, upgrade('/hub?ack=never'), 400, 'invalid_request'],
    [tls, upgrade('/nowhere'), 404, 'not_found'],
    [tls, upgrade('/me'), 400, 'invalid_request'],
    [tls, upgrade('/hub').replace('GET', 'POST'), 405, 'method_not_allowed'],
    [tls, upgrade('/hub', 'Upgrade: h2c'), 400, 'invalid_request'],
    [tls, upgrade('/hub', 'Sec-WebSocket-Protocol: hermes.v1,,x'), 400, 'invalid_request'],
    [tls, upgrade('/hub', 'Sec-WebSocket-Protocol: hermes.v1, hermes.v1'), 400, 'invalid_request'],
  ]
  for (const [identity, request, status, code] of cases) {
    const answer = await talk(t, server, identity, request)
    const [head = '', body = ''] = answer.split('\r\n\r\n')
    t.match(head, new RegExp(`^HTTP/1.1 ${status} `), request)
    t.match(head.toLowerCase(), /connection: close/)
    t.match(head.toLowerCase(), /content-type: application\/problem\+json/)
    t.match(JSON.parse(body), { status, code })
  }
})

t.test('an upgrade behind a request without an answer: the answer comes, and the connection closes', async (t) => {
  const server = await startServer(t)
  const { tls } = await registerUser(server, 'alice')
  const answer = await talk(t, server, tls, `GET /me HTTP/1.1\r\nHost: localhost\r\n\r\n${upgrade('/hub')}`)
  t.match(answer, /^HTTP\/1\.1 200 /)
  t.notMatch(answer, /HTTP\/1\.1 101/)
})

t.test('what clients hold open does not keep the server from ending', async (t) => {
  const server = await startServer(t)
  const alice = await registerUser(server, 'alice')
  const poll = alice.call('GET', '/events?wait=55&device=poll')
  const held = await open(t, server, alice.tls)
  held.write(upgrade('/hub'))
  await once(held, 'data')
  held.pause()
  const idle = await open(t, server, alice.tls)
  idle.write('GET /me HTTP/1.1\r\nHost: localhost\r\n\r\n')
  await once(idle, 'data')
  const slow = await open(t, server, alice.tls)
  slow.write('GET /events?wait=55&device=slow HTTP/1.1\r\nHost: localhost\r\n\r\n')
  t.equal((await alice.call('GET', '/conversations')).status, 200)
  await server.close()
  t.same((await poll).json(), { events: [], gaps: [], more: false }, 'a poll is answered')
})
