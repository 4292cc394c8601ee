import { once } from 'node:events'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import t, { type Test } from 'tap'
import { startServer, type TestServer } from '../support/server.js'
import { registerUser, type User } from '../support/user.js'

interface Listener {
  readonly name: string
  readonly url: URL
  readonly tls: { readonly ca: string; readonly cert?: string; readonly key?: string }
  /** A route that takes a JSON body. */
  readonly path: string
}

function listenersOf(server: TestServer, user: User): readonly Listener[] {
  return [
    { name: 'identity', url: new URL(server.identityUrl), tls: { ca: server.rootPem }, path: '/register' },
    { name: 'hub', url: new URL(server.hubUrl), tls: user.tls, path: '/conversations' },
  ]
}

async function dial({ url, tls }: Listener): Promise<TLSSocket> {
  const socket = connectTls({ host: url.hostname, port: Number(url.port), servername: 'localhost', ...tls })
  socket.on('error', () => undefined)
  await once(socket, 'secureConnect')
  return socket
}

/** Writes and reads until the server ends the connection, or an answer with a problem is whole. */
async function talk(listener: Listener, parts: readonly (string | Buffer)[]): Promise<string> {
  const socket = await dial(listener)
  let text = ''
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1')
    if (/\r\n\r\n\{.*\}$/s.test(text)) socket.end()
  })
  // Not `once`, which rejects: whoever is still sending when the server ends it is told so.
  const closed = new Promise((resolve) => socket.once('close', resolve))
  for (const part of parts) if (socket.writable) socket.write(part)
  await closed
  return text
}

const head = (listener: Listener, fields: readonly string[], method = 'POST', path = listener.path) =>
  [`${method} ${path} HTTP/1.1`, `Host: ${listener.url.host}`, ...fields, '', ''].join('\r\n')

const json = (body: string | Buffer) => ['Content-Type: application/json', `Content-Length: ${Buffer.byteLength(body)}`]

type Case = (listener: Listener) => readonly (string | Buffer)[]

/** What is sent, and the statuses that answer it. */
const CASES: Readonly<Record<string, { readonly statuses: readonly number[]; readonly parts: Case }>> = {
  'a body of 10 MiB': {
    statuses: [413],
    parts: (listener) => [
      head(listener, ['Content-Type: application/json', `Content-Length: ${10 * 1024 * 1024}`]),
      Buffer.alloc(64 * 1024, 0x20),
    ],
  },
  // No more than what shows that it is too large: who still sends when the server ends may not get the answer.
  'a body of 10 MiB in chunks': {
    statuses: [413],
    parts: (listener) => [
      head(listener, ['Content-Type: application/json', 'Transfer-Encoding: chunked']),
      `a00000\r\n${' '.repeat(1024 * 1024 + 1)}`,
    ],
  },
  '10,000 nested arrays': {
    statuses: [400],
    parts: (listener) => {
      const body = '['.repeat(10_000) + ']'.repeat(10_000)
      return [head(listener, json(body)), body]
    },
  },
  'nested arrays inside a field': {
    statuses: [400],
    parts: (listener) => {
      const body = `{"participants":${'['.repeat(5000)}${']'.repeat(5000)},"username":${'['.repeat(5000)}${']'.repeat(5000)}}`
      return [head(listener, json(body)), body]
    },
  },
  'invalid UTF-8': {
    statuses: [400],
    parts: (listener) => {
      const body = Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d])
      return [head(listener, json(body)), body]
    },
  },
  'a body that is no JSON': { statuses: [400], parts: (listener) => [head(listener, json('{"a":')), '{"a":'] },
  'a body that is no object': { statuses: [400], parts: (listener) => [head(listener, json('[1]')), '[1]'] },
  'an empty body': {
    statuses: [400, 415],
    parts: (listener) => [head(listener, ['Content-Type: application/json', 'Content-Length: 0'])],
  },
  'another media type': {
    statuses: [415],
    parts: (listener) => [head(listener, ['Content-Type: text/xml', 'Content-Length: 3']), '<a>'],
  },
  '64 KiB of headers': {
    statuses: [431, 414],
    parts: (listener) => [head(listener, [`X-Long: ${'x'.repeat(65_536)}`], 'GET', '/')],
  },
  '3,000 header fields': {
    statuses: [431, 404],
    parts: (listener) => [
      head(
        listener,
        Array.from({ length: 3000 }, (_, index) => `X-${index}: 1`),
        'GET',
        '/nothing',
      ),
    ],
  },
  'broken chunking': {
    statuses: [400],
    parts: (listener) => [
      head(listener, ['Content-Type: application/json', 'Transfer-Encoding: chunked']),
      'zz\r\n{}\r\n0\r\n\r\n',
    ],
  },
  'both lengths': {
    statuses: [400],
    parts: (listener) => [
      head(listener, ['Content-Type: application/json', 'Transfer-Encoding: chunked', 'Content-Length: 2']),
      '2\r\n{}\r\n0\r\n\r\n',
    ],
  },
  'a length that is no number': {
    statuses: [400],
    parts: (listener) => [head(listener, ['Content-Type: application/json', 'Content-Length: 1e3']), '{}'],
  },
  'no HTTP at all': { statuses: [400], parts: () => ['\x16\x03\x01\x02\x00hello\r\n\r\n'] },
  'an unknown method': { statuses: [400, 404, 405], parts: (listener) => [head(listener, [], 'BREW')] },
  'a method the route has not': { statuses: [405], parts: (listener) => [head(listener, [], 'DELETE')] },
  'an unknown path': { statuses: [404], parts: (listener) => [head(listener, [], 'GET', '/%00/../../etc/passwd')] },
  'a path that does not decode': {
    statuses: [400, 404],
    parts: (listener) => [head(listener, [], 'GET', '/fetch/%ff%fe')],
  },
  'a long path': { statuses: [414], parts: (listener) => [head(listener, [], 'GET', `/${'a'.repeat(9000)}`)] },
  'no Host': { statuses: [400], parts: (listener) => [`GET ${listener.path} HTTP/1.1\r\n\r\n`] },
}

t.test('whatever comes over the wire gets a problem, and others are served', { timeout: 110_000 }, async (t) => {
  const server = await startServer(t, { HERMES_CONNECTION_SECONDS: '3' })
  const mallory = await registerUser(server, 'mallory')
  for (const listener of listenersOf(server, mallory))
    for (const [name, { statuses, parts }] of Object.entries(CASES))
      await refused(t, `${listener.name}: ${name}`, statuses, await talk(listener, parts(listener)))
  const { conversations } = (await mallory.call('GET', '/conversations')).json<{ conversations: unknown[] }>()
  t.same(conversations, [], 'nothing was stored')
})

async function refused(t: Test, name: string, statuses: readonly number[], text: string): Promise<void> {
  const status = Number(text.split(' ')[1])
  if (!t.ok(statuses.includes(status), `${name}: ${text.slice(0, 200)}`)) return
  t.match(text, /content-type: application\/problem\+json/i, `${name} is a problem`)
  const body = JSON.parse(text.slice(text.indexOf('\r\n\r\n') + 4)) as {
    status: number
    code: string
    requestId: string
  }
  t.match(body, { status, code: /^[a-z_]+$/, requestId: /.+/ }, name)
}
