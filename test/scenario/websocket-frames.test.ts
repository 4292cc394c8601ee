import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import t, { type Test } from 'tap'
import { conversationOf } from '../support/handshake.js'
import { connect, type Frame, hubSocket, refusal, refusedUpgrade } from '../support/hub-client.js'
import { startServer } from '../support/server.js'
import { registerUsers } from '../support/user.js'

const server = await startServer(t)
const { alice, bob } = await registerUsers(server, 'alice', 'bob')
const HELLO = { user: 'alice', protocol: 'hermes.v1', heartbeatSeconds: 25 }
const LIMITS = {
  frameBytes: 524_288,
  payloadBytes: 65_536,
  signalBytes: 8192,
  windowEvents: 256,
  windowBytes: 1_048_576,
}

t.test('hello, then the events there are, then synced, then events as they happen', async (t) => {
  const a = { user: alice, client: await connect(t, server, alice) }
  const b = { user: bob, client: await connect(t, server, bob) }
  const conversation = await conversationOf(server, a, b)
  await b.client.close()
  const payloads = ['one', 'two', 'three']
  for (const payload of payloads) await a.client.call('send', { conversation, messageId: randomUUID(), payload })

  const again = await connect(t, server, bob)
  await again.notification('synced')
  await a.client.call('send', { conversation, messageId: randomUUID(), payload: 'four' })
  await again.event(({ payload }) => payload === 'four')
  const order = again.frames.map(({ method, params }) => (method === 'event' ? params.payload : method))
  t.same(order, ['hello', ...payloads, 'synced', 'four'])

  const hello = await a.client.notification('hello')
  t.match(hello, { ...HELLO, device: 'default', certificate: { fingerprint: alice.fingerprint }, limits: LIMITS })
  t.match(hello.session, /^[0-9a-f-]{36}$/)
  t.ok(Math.abs(Date.parse(String(hello.serverTime)) - Date.now()) < 60_000)
  const { notAfter } = hello.certificate as { notAfter: string }
  t.ok(Date.parse(notAfter) > Date.now())
  t.match(await (await connect(t, server, alice, { device: 'phone' })).notification('hello'), { device: 'phone' })
})

/** The subprotocol in the answer to an upgrade that offers `protocols`. */
async function negotiated(t: Test, protocols: readonly string[]): Promise<string | undefined> {
  const socket = hubSocket(server, alice, { protocols })
  t.teardown(() => socket.terminate())
  const opened = once(socket, 'open')
  const [response] = (await once(socket, 'upgrade')) as [IncomingMessage]
  await opened
  return response.headers['sec-websocket-protocol']
}

t.test('the subprotocol', async (t) => {
  t.equal(await negotiated(t, []), undefined, 'none offered, none in the answer')
  t.equal(await negotiated(t, ['hermes.v1']), 'hermes.v1')
  t.equal(await negotiated(t, ['hermes.v2', 'hermes.v1']), 'hermes.v1')
  const others = await refusedUpgrade(server, alice, { protocols: ['hermes.v2', 'mqtt'] })
  t.equal(others.status, 400)
  t.match(others.json(), { code: 'invalid_request', detail: /hermes\.v1/ })
})

t.test('upgrades that are refused', async (t) => {
  const queries = { 'device=Not+a+name': 'device', 'ack=manual': 'ack', 'colour=red': '' }
  for (const [query, path] of Object.entries(queries)) {
    const answer = await refusedUpgrade(server, alice, { query })
    t.equal(answer.status, 400, query)
    t.equal(answer.json<{ errors: { path: string }[] }>().errors[0]?.path, path, query)
  }
  const upgrade = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-key': `${'A'.repeat(22)}==` }
  for (const headers of [
    { ...upgrade, 'sec-websocket-version': '12' },
    { ...upgrade, 'sec-websocket-version': '13', 'sec-websocket-key': 'short' },
  ])
    t.match(await alice.call('GET', '/hub', undefined, headers), { status: 400, text: /Sec-WebSocket-/ })
  const withoutCertificate = await refusedUpgrade(server, { tls: { ca: server.rootPem } })
  t.match(withoutCertificate, { status: 403, headers: { connection: 'close' } })
  t.equal(withoutCertificate.json().code, 'certificate_required')
  t.equal((await alice.call('GET', '/hub')).status, 400, 'no upgrade at all')
})

t.test('an upgrade for one device too many', async (t) => {
  const small = await startServer(t, { HERMES_DEVICES_MAX: '1' })
  const { carol } = await registerUsers(small, 'carol')
  await connect(t, small, carol)
  const answer = await refusedUpgrade(small, carol, { device: 'phone' })
  t.match(answer, { status: 429, headers: { connection: 'close' } })
  t.match(answer.json(), { code: 'quota_exceeded', quota: 'devices', limit: 1 })
  await connect(t, small, carol)
})

t.test('frames that end the connection', async (t) => {
  const binary = await connect(t, server, alice)
  binary.socket.send(Buffer.from('{"jsonrpc":"2.0","id":1,"method":"whoami"}'), { binary: true })
  t.match(await binary.whenClosed(), { code: 1003 })

  const large = await connect(t, server, alice)
  large.socket.send(`{"jsonrpc":"2.0","id":1,"method":"${'x'.repeat(524_288)}"}`)
  t.match(await large.whenClosed(), { code: 1009 })

  const torn = await connect(t, server, alice)
  torn.socket.send(Buffer.from([0x22, 0xc3, 0x28, 0x22]), { binary: false })
  t.match(await torn.whenClosed(), { code: 1007 })

  const full = await connect(t, server, alice)
  const head = '{"jsonrpc":"2.0","id":"x","method":"send","params":{"payload":"'
  const frame = `${head}${'x'.repeat(524_288 - head.length - 3)}"}}`
  t.match(await full.answerTo(frame), { id: 'x', error: { code: -32602 } }, 'the largest frame is read')
})

t.test('frames that are no requests', async (t) => {
  const client = await connect(t, server, alice)
  const call = '"jsonrpc":"2.0","method":"whoami"'
  const cases: readonly (readonly [text: string, code: number, id?: unknown])[] = [
    ['{', -32700],
    ['', -32700],
    ['"whoami"', -32600],
    ['null', -32600],
    [`[{${call},"id":1000}]`, -32600],
    ['[]', -32600],
    ['{"id":1000,"method":"whoami"}', -32600, 1000],
    ['{"jsonrpc":"1.0","id":1000,"method":"whoami"}', -32600, 1000],
    ['{"jsonrpc":"2.0","id":1000}', -32600, 1000],
    [`{${call},"id":1000,"params":[]}`, -32600, 1000],
    [`{${call},"id":"a","extra":true}`, -32600, 'a'],
    [`{${call},"id":1.5}`, -32600],
    [`{${call},"id":{}}`, -32600],
    [`{${call},"id":"${'x'.repeat(129)}"}`, -32600],
    [`{${call}}`, -32600],
  ]
  for (const [text, code, id = null] of cases) {
    const reply = await client.answerTo(text)
    t.match(reply, { jsonrpc: '2.0', id, error: { code, data: { code: 'invalid_request', retryable: false } } }, text)
    t.equal(reply.result, undefined)
  }
})

t.test('requests that are refused', async (t) => {
  const client = await connect(t, server, alice)
  t.match(await refusal(client.call('dance')), { code: -32601, data: { code: 'not_found' } })
  t.match(await refusal(client.call('acknowledgeConversation')), { code: -32601 }, 'an operationId is no method')
  const missing = await refusal(client.call('send', { conversation: 'x', payload: '' }))
  t.match(missing, { code: -32602, data: { code: 'invalid_request', retryable: false } })
  const paths = (missing.data.errors as { path: string; message: string }[]).map(({ path }) => path)
  t.same(paths.sort(), ['params.conversation', 'params.messageId'])
  t.match(await refusal(client.call('whoami', { verbose: true })), { code: -32602, data: { code: 'invalid_request' } })
  t.match(await refusal(client.call('history', { conversation: randomUUID(), after: '0' })), { code: -32602 })
  const text = `{"jsonrpc":"2.0","id":"s","method":"signal","params":{"conversation":"${randomUUID()}","payload":"\\ud800"}}`
  t.match(await client.answerTo(text), { error: { code: -32602, message: /surrogate/ } })
})

t.test('the id comes back as it was', async (t) => {
  const client = await connect(t, server, alice)
  for (const id of ['a', '', 'ü"\\', 1000, 0, -7, Number.MAX_SAFE_INTEGER]) {
    const reply = await client.answerTo(JSON.stringify({ jsonrpc: '2.0', id, method: 'whoami' }))
    t.match(reply, { result: { device: 'default', role: 'user' } })
    t.equal(reply.id, id)
  }
})

t.test('only ack may come without id, and is not answered then', async (t) => {
  const client = await connect(t, server, alice)
  client.notify('ack', { conversation: randomUUID(), seq: 1 })
  client.notify('ack', { nonsense: true })
  await client.call('whoami')
  const replies = client.frames.filter((frame: Frame) => frame.method === undefined)
  t.same(replies, [])
})

t.test('20 frames that are no requests in a minute close 4504, and refused operations never count', async (t) => {
  const client = await connect(t, server, alice)
  for (let n = 0; n < 25; n += 1) {
    await refusal(client.call('dance'))
    await refusal(client.call('leave', { conversation: randomUUID() }))
    await refusal(client.call('leave', {}))
  }
  for (let n = 0; n < 19; n += 1) t.match(await client.answerTo(n % 2 ? '[]' : '{'), { error: { message: String } })
  t.equal(client.closed, null)
  client.socket.send('{')
  t.match(await client.whenClosed(), { code: 4504 })
  t.match(client.frames.at(-1), { error: { code: -32700 } }, 'the last is answered too')
})
