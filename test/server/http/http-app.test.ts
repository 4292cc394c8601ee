import { once } from 'node:events'
import { connect as connectTcp } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { TLSSocket } from 'node:tls'
import type { FastifyInstance } from 'fastify'
import pino from 'pino'
import t, { type Test } from 'tap'
import { z } from 'zod'
import { ERRORS, HermesError } from '../../../src/errors.js'
import { acceptForms } from '../../../src/server/http/form-body.js'
import { buildHttpApp, type HttpAppOptions } from '../../../src/server/http/http-app.js'
import { open, parseAnswer, parseAnswers, type RawAnswer, talk } from '../raw-socket.js'
import { createThrowawayTls } from '../throwaway-tls.js'

const tls = createThrowawayTls()

interface Listening {
  readonly app: FastifyInstance
  readonly port: number
  readonly log: readonly Record<string, unknown>[]
  /** What handlers ran, in order. */
  readonly calls: string[]
}

function addRoutes(app: FastifyInstance, calls: string[]): void {
  acceptForms(app)
  app.get('/things/:name', async (request) => {
    calls.push('get')
    return request.params
  })
  app.post('/things', { config: { closeOn: ['username_taken'] } }, async (request, reply) => {
    const { name } = request.body as { name: string }
    calls.push(name)
    if (name === 'slow') await sleep(50)
    if (name === 'taken') throw new HermesError('username_taken', 'taken is taken')
    return reply.code(201).send({ name })
  })
  app.post(
    '/strict',
    { schema: { body: z.strictObject({ name: z.string().min(2, 'must be longer') }) } },
    async () => ({}),
  )
  app.get('/bug', async () => {
    throw new Error('the secret cause')
  })
  app.get('/large', async () => Buffer.alloc(64 * 1024 * 1024))
  app.get('/busy', async () => {
    throw new HermesError('busy', 'seven waiting', { retryAfterMs: 1500 })
  })
}

async function listen(
  t: Tap,
  overrides: Partial<HttpAppOptions['config']> = {},
  options: Pick<HttpAppOptions, 'idleMs'> = {},
): Promise<Listening> {
  const log: Record<string, unknown>[] = []
  const logger = pino({ level: 'debug' }, { write: (line: string) => void log.push(JSON.parse(line)) })
  const config = { bodyBytes: 65_536, connectionSeconds: 30, trustedProxies: [], ...overrides }
  const app = buildHttpApp({ config, logger, https: tls, ...options })
  const calls: string[] = []
  addRoutes(app, calls)
  await app.listen({ host: '127.0.0.1', port: 0 })
  t.teardown(() => app.close())
  const address = app.server.address()
  if (address === null || typeof address === 'string') throw new Error('not listening')
  return { app, port: address.port, log, calls }
}

type Tap = Test

const HOST = 'Host: localhost'
const get = (path: string, ...headers: string[]) => `GET ${path} HTTP/1.1\r\n${[HOST, ...headers].join('\r\n')}\r\n\r\n`
const post = (path: string, body: string, ...headers: string[]) =>
  `POST ${path} HTTP/1.1\r\n${[HOST, `Content-Length: ${Buffer.byteLength(body)}`, ...headers].join('\r\n')}\r\n\r\n${body}`
const json = (path: string, body: unknown, ...headers: string[]) =>
  post(path, JSON.stringify(body), 'Content-Type: application/json', ...headers)
const last = 'Connection: close'
const NO_OBJECT = /^the body must be a JSON object; \{\} if/

function checkProblem(t: Tap, answer: RawAnswer, code: keyof typeof ERRORS, detail?: RegExp): void {
  const { status, title } = ERRORS[code]
  t.equal(answer.status, status)
  t.equal(answer.headers['content-type'], 'application/problem+json')
  t.match(JSON.parse(answer.body), {
    type: `urn:hermes:error:${code}`,
    title,
    status,
    code,
    requestId: /^[0-9a-f-]{36}$/,
    detail: detail ?? /./,
  })
}

t.test('what the framework refuses is a problem', async (t) => {
  const { port } = await listen(t)
  const cases: readonly [string, string, keyof typeof ERRORS, RegExp][] = [
    ['unknown path', get('/nothing', last), 'not_found', /\/nothing/],
    [
      'unknown path with a body of any type',
      post('/nothing', '<x/>', 'Content-Type: text/xml', last),
      'not_found',
      /POST/,
    ],
    ['unknown method of a known path', post('/things/a', '', last), 'method_not_allowed', /GET, HEAD/],
    [
      'a method that Fastify does not know',
      get('/things', last).replace('GET', 'PROPFIND'),
      'method_not_allowed',
      /POST/,
    ],
    ['no media type', post('/things', 'name=a', last), 'unsupported_media_type', /Content-Type/],
    [
      'another media type',
      post('/things', 'a', 'Content-Type: text/plain', last),
      'unsupported_media_type',
      /Content-Type/,
    ],
    [
      'a body that is too large',
      post('/things', 'x'.repeat(70_000), 'Content-Type: application/json', last),
      'too_large',
      /./,
    ],
    ['bad JSON', post('/things', '{', 'Content-Type: application/json', last), 'invalid_request', /JSON/],
    [
      '__proto__',
      post('/strict', '{"__proto__": {}, "name": "ab"}', 'Content-Type: application/json', last),
      'invalid_request',
      /__proto__/,
    ],
    ['an empty body', post('/things', '', 'Content-Type: application/json', last), 'invalid_request', NO_OBJECT],
    ['no body at all', `POST /strict HTTP/1.1\r\n${HOST}\r\n${last}\r\n\r\n`, 'invalid_request', NO_OBJECT],
    ['a list', json('/strict', [], last), 'invalid_request', NO_OBJECT],
    [
      'a field twice',
      post('/things', 'name=a&name=b', 'Content-Type: application/x-www-form-urlencoded', last),
      'invalid_request',
      /once/,
    ],
    [
      'a form of many fields',
      post('/things', 'a=b&'.repeat(32), 'Content-Type: application/x-www-form-urlencoded', last),
      'invalid_request',
      /32 fields/,
    ],
    [
      'a form that is not UTF-8',
      post('/things', 'name=%ff', 'Content-Type: application/x-www-form-urlencoded', last),
      'invalid_request',
      /UTF-8/,
    ],
    ['a field that does not fit', json('/strict', { name: 'a' }, last), 'invalid_request', /^name: must be longer$/],
    ['a long target', get(`/things/${'a'.repeat(5000)}`, last), 'uri_too_long', /4096/],
    ['a very long target', get(`/things/${'a'.repeat(20_000)}`, last), 'uri_too_long', /4096/],
    ['an escape that is none', get('/things/%zz', last), 'invalid_request', /./],
    ['long header fields', get('/things/a', `X: ${'a'.repeat(20_000)}`, last), 'headers_too_large', /16384/],
    [
      'many header fields',
      get('/things/a', ...Array.from({ length: 400 }, (_, n) => `X-${n}: ${'a '.repeat(30)}`)),
      'headers_too_large',
      /16384/,
    ],
    ['a malformed request line', 'GET\r\n\r\n', 'invalid_request', /HTTP\/1\.1/],
    ['no HTTP at all', '\x00\x01\x02\r\n\r\n', 'invalid_request', /HTTP\/1\.1/],
    ['two Hosts', get('/things/a', 'Host: elsewhere', last), 'invalid_request', /one Host/],
    ['no Host', 'GET /things/a HTTP/1.1\r\nConnection: close\r\n\r\n', 'invalid_request', /Host/],
    [
      'two lengths',
      'POST /things HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
      'invalid_request',
      /HTTP\/1\.1/,
    ],
    [
      'a malformed chunk',
      `POST /things HTTP/1.1\r\n${HOST}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n`,
      'invalid_request',
      /HTTP\/1\.1/,
    ],
  ]
  for (const [name, bytes, code, detail] of cases)
    await t.test(name, async (t) => checkProblem(t, parseAnswer(await talk(port, bytes)), code, detail))
})

t.test('405 names what the path has', async (t) => {
  const { port } = await listen(t)
  t.equal(parseAnswer(await talk(port, post('/things/a', '', last))).headers.allow, 'GET, HEAD')
  t.equal(parseAnswer(await talk(port, get('/things', last))).headers.allow, 'POST')
})

t.test('bytes that are not UTF-8 are refused, not replaced', async (t) => {
  const { port } = await listen(t)
  const socket = await open(port)
  const answer = once(socket, 'data')
  const body = Buffer.from('{"name": "\xff\xfe"}', 'latin1')
  socket.write(
    `POST /things HTTP/1.1\r\n${HOST}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`,
  )
  socket.write(body)
  t.match(String(await answer), /HTTP\/1\.1 400 [\s\S]*UTF-8/)
  socket.destroy()
})

t.test('a request that does not arrive in time is 408', async (t) => {
  const { port } = await listen(t, { connectionSeconds: 1 })
  checkProblem(t, parseAnswer(await talk(port, 'GET /things/a HTTP/1.1\r\nHost: a\r\n')), 'request_timeout')
  const body = `POST /things HTTP/1.1\r\n${HOST}\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{`
  checkProblem(t, parseAnswer(await talk(port, body)), 'request_timeout')
})

t.test('a 5xx shows no cause, and the log has it under the same id', async (t) => {
  const { port, log } = await listen(t)
  const answer = parseAnswer(await talk(port, get('/bug', last)))
  checkProblem(t, answer, 'internal')
  t.notMatch(answer.body, /secret/)
  const { requestId } = JSON.parse(answer.body)
  t.match(
    log.find((line) => line.requestId === requestId && line.level === 50),
    { err: { message: 'the secret cause' } },
  )
  const busy = parseAnswer(await talk(port, get('/busy', last)))
  t.equal(busy.headers['retry-after'], '2')
  t.notMatch(busy.body, /seven/)
  const logged = log.filter(({ code }) => code === 'busy')
  t.match(logged, [{ level: 30 }], 'who is told to come back is no failure, and fills no log')
})

t.test('a connection whose answer nobody reads is ended', async (t) => {
  const { app, port } = await listen(t, {}, { idleMs: 500 })
  const accepted = once(app.server, 'secureConnection')
  const socket = await open(port)
  socket.pause()
  const [theirs] = (await accepted) as [TLSSocket]
  socket.write(get('/large'))
  await once(theirs, 'close')
  t.pass('although the client said nothing')
  socket.destroy()
})

t.test('a malformed request is not in the log, whatever it holds', async (t) => {
  const { port, log } = await listen(t)
  const head = `POST /things HTTP/1.1\r\n${HOST}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`
  const body = JSON.stringify({ name: 'a', password: 'open sesame' })
  await talk(port, `${head}${body.length.toString(16)}\r\n${body}\r\nzz\r\n`)
  const lines = log.filter(({ code }) => code === 'invalid_request')
  t.equal(lines.length, 1)
  t.notMatch(JSON.stringify(lines), /rawPacket|open sesame/)
  t.notMatch(JSON.stringify(lines), JSON.stringify([...Buffer.from('sesame')]).slice(1, -1))
})

t.test('a refusal does not repeat all that a client sent', async (t) => {
  const { port, log } = await listen(t)
  const names = Object.fromEntries(Array.from({ length: 3000 }, (_, n) => [`unknown${n}`, 1]))
  const form = post('/things', 'a&'.repeat(20_000), 'Content-Type: application/x-www-form-urlencoded', last)
  const long = post(
    '/things',
    `${'b'.repeat(10_000)}&`.repeat(2),
    'Content-Type: application/x-www-form-urlencoded',
    last,
  )
  for (const bytes of [json('/strict', names, last), form, long]) {
    const answer = parseAnswer(await talk(port, bytes))
    t.equal(answer.status, 400)
    t.ok(answer.body.length < 2000, `${answer.body.length} bytes`)
  }
  t.ok(JSON.stringify(log).length < 10_000)
})

t.test('pipelined requests are answered in order, one at a time', async (t) => {
  const { port, calls } = await listen(t)
  const bytes =
    ['slow', 'b', 'c'].map((name) => json('/things', { name })).join('') + json('/things', { name: 'd' }, last)
  const answers = parseAnswers(await talk(port, bytes))
  t.same(
    answers.map(({ body }) => JSON.parse(body).name),
    ['slow', 'b', 'c', 'd'],
  )
  t.same(calls, ['slow', 'b', 'c', 'd'])
})

t.test('a request behind an answer that closes is neither run nor answered', async (t) => {
  const { port, calls } = await listen(t)
  const bytes = json('/things', { name: 'taken' }) + json('/things', { name: 'behind' })
  const answer = parseAnswer(await talk(port, bytes))
  checkProblem(t, answer, 'username_taken')
  t.equal(answer.headers.connection, 'close')
  t.same(calls, ['taken'])
})

t.test('what a client sends behind its own Connection: close is neither run nor answered', async (t) => {
  const { port, calls } = await listen(t)
  const answer = parseAnswer(
    await talk(port, json('/things', { name: 'slow' }, last) + json('/things', { name: 'behind' })),
  )
  t.equal(answer.status, 201)
  t.same(calls, ['slow'])
})

t.test('a malformed request waits for the answers before it', async (t) => {
  const { port } = await listen(t)
  const answers = parseAnswers(await talk(port, `${json('/things', { name: 'slow' })}nonsense\r\n\r\n`))
  t.same(
    answers.map(({ status }) => status),
    [201, 400],
  )
})

t.test('more requests than may wait are refused behind the answers of those before', async (t) => {
  const { port, calls, log } = await listen(t)
  for (const count of [65, 200]) {
    calls.length = 0
    const answers = parseAnswers(await talk(port, json('/things', { name: 'slow' }) + get('/things/a').repeat(count)))
    t.equal(answers.length, 66, `${count} behind the first`)
    t.same(calls, ['slow', ...Array<string>(64).fill('get')])
    checkProblem(t, answers.at(-1) as RawAnswer, 'rate_limited')
    t.match(answers.at(-1), { headers: { connection: 'close' }, body: /64 requests/ })
  }
  t.match(
    log.filter(({ code }) => code === 'rate_limited').map(({ msg }) => msg),
    [/64/, /64/],
  )
})

t.test('who sends ever more of them is cut off', async (t) => {
  const { port, calls } = await listen(t)
  const cut = await talk(port, json('/things', { name: 'slow' }) + get('/things/a').repeat(2000)).catch(() => '')
  t.equal(cut, '')
  t.same(calls, ['slow'])
})

t.test('CONNECT is refused with a problem, behind the answers before it', async (t) => {
  const { port, calls } = await listen(t)
  const connect = `CONNECT example.com:443 HTTP/1.1\r\n${HOST}\r\n\r\n`
  const alone = parseAnswer(await talk(port, connect))
  checkProblem(t, alone, 'method_not_allowed')
  t.match(alone, { headers: { connection: 'close', allow: '' }, body: /no proxy/ })
  const answers = parseAnswers(await talk(port, json('/things', { name: 'slow' }) + connect + get('/things/a')))
  t.same(
    answers.map(({ status }) => status),
    [201, 405],
  )
  t.same(calls, ['slow'], 'what follows is no request any more')
})

t.test('a connection that does not speak TLS does no harm', async (t) => {
  const { port } = await listen(t)
  const socket = connectTcp(port, '127.0.0.1')
  socket.on('error', () => undefined)
  const closed = once(socket, 'close')
  socket.write(get('/things/a'))
  socket.resume()
  await closed
  t.equal(parseAnswer(await talk(port, get('/things/a', last))).status, 200)
})

t.test('TLS 1.1 is refused', async (t) => {
  const { port } = await listen(t)
  const { connect } = await import('node:tls')
  const socket = connect({
    port,
    rejectUnauthorized: false,
    minVersion: 'TLSv1',
    maxVersion: 'TLSv1.1',
    ciphers: 'DEFAULT@SECLEVEL=0',
  })
  const [error] = await once(socket, 'error')
  t.match(error.code, /SSL|RESET/)
})

t.test('a server that is closing answers draining', async (t) => {
  const { app, port } = await listen(t)
  const socket = await open(port)
  socket.write(json('/things', { name: 'slow' }))
  await sleep(10)
  const closing = app.close()
  await sleep(10)
  socket.write(get('/things/a'))
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  await closing
  const answers = parseAnswers(Buffer.concat(chunks).toString())
  t.equal(answers[0]?.status, 201)
  if (answers[1] !== undefined) checkProblem(t, answers[1], 'draining')
})

t.test('only a trusted proxy is believed about addresses', async (t) => {
  const seen: string[] = []
  for (const trustedProxies of [[], ['127.0.0.1']]) {
    const logger = pino({ level: 'silent' })
    const app = buildHttpApp({ config: { bodyBytes: 1024, connectionSeconds: 5, trustedProxies }, logger, https: null })
    app.get('/', async (request) => request.ip)
    const answer = await app.inject({ url: '/', headers: { 'x-forwarded-for': '203.0.113.7' } })
    seen.push(answer.body)
    await app.close()
  }
  t.same(seen, ['127.0.0.1', '203.0.113.7'])
})

t.test('a guard runs first, on routes that do not exist too', async (t) => {
  const guard = async () => {
    throw new HermesError('certificate_required')
  }
  const config = { bodyBytes: 1024, connectionSeconds: 5, trustedProxies: [] }
  const app = buildHttpApp({ config, logger: pino({ level: 'silent' }), https: null, guard })
  t.teardown(() => app.close())
  t.equal((await app.inject({ url: '/nothing' })).statusCode, 403)
})
