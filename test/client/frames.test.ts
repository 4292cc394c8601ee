import t from 'tap'
import { closeReason } from '../../src/client/close-reason.js'
import { parseNotification, parseServerFrame } from '../../src/client/frames.js'
import { Inbox } from '../../src/client/inbox.js'
import { refusalFromHttp, refusalFromRpc } from '../../src/client/refusal.js'
import { CLOSE } from '../../src/wire/frames.js'

t.test('frames of the server are replies or notifications, and nothing else', async (t) => {
  t.match(parseServerFrame('{"jsonrpc":"2.0","id":1,"result":{}}'), { id: 1, result: {} })
  const error = { code: 404, message: 'gone', data: { code: 'not_found', retryable: false } }
  t.match(parseServerFrame(JSON.stringify({ jsonrpc: '2.0', id: null, error })), { id: null, error })
  t.match(parseServerFrame('{"jsonrpc":"2.0","method":"synced","params":{}}'), { method: 'synced' })
  for (const text of ['', '[]', '1', '{"id":1}', '{"id":1,"error":{"code":1}}', '{"id":{},"result":1}'])
    t.throws(() => parseServerFrame(text), Error, text)
})

t.test('a notification of a newer server is passed over, one of another shape is an error', async (t) => {
  t.equal(parseNotification('weather', { sunny: true }), null)
  t.equal(parseNotification('constructor', {}), null)
  t.same(parseNotification('synced', { more: 'than known' }), { method: 'synced', params: {} })
  t.throws(() => parseNotification('draining', { reconnectAfterMs: 'soon' }), /draining of another shape/)
})

t.test('close codes say whether to come back', async (t) => {
  for (const { code, reason } of Object.values(CLOSE)) {
    const mayReconnect = code === 1012 || code === 1013 || (code >= 4000 && code < 4500)
    t.same(closeReason(code, ''), { code, reason, mayReconnect })
  }
  t.match(closeReason(1006, ''), { reason: 'the connection broke', mayReconnect: true })
  t.match(closeReason(1000, 'bye'), { reason: 'bye', mayReconnect: false })
  t.match(closeReason(4999, ''), { mayReconnect: false })
})

t.test('refusals come from either face, known to this client or not', async (t) => {
  const problem = { type: 'urn:hermes:error:busy', title: 'Busy', status: 503, detail: 'later', requestId: 'r' }
  t.match(refusalFromHttp(503, JSON.stringify({ ...problem, code: 'busy' }), '3'), {
    name: 'Refusal',
    code: 'busy',
    message: 'later',
    retryable: true,
    retryAfterMs: 3000,
    requestId: 'r',
  })
  t.match(refusalFromHttp(418, JSON.stringify({ ...problem, code: 'teapot' }), undefined), {
    code: 'teapot',
    retryable: false,
    retryAfterMs: undefined,
  })
  t.match(refusalFromHttp(502, '<html>', 'tomorrow'), { code: 'internal', status: 502, retryable: true })
  const data = { code: 'roster_changed', retryable: true, roster: 'sha256:00', errors: [{ path: 'a', message: 'b' }] }
  t.match(refusalFromRpc({ code: 409, message: 'look', data }), {
    code: 'roster_changed',
    status: 409,
    errors: data.errors,
    data: { roster: 'sha256:00' },
  })
  t.match(refusalFromRpc({ code: -32602, message: 'no', data: { code: 'invalid_request', retryable: false } }), {
    status: 400,
  })
})

t.test('an inbox gives what came, in order, to one reader, then its end', async (t) => {
  const inbox = new Inbox<number>()
  inbox.put(1)
  inbox.put(2)
  for await (const item of inbox) if (item === 1) break
  t.same(await inbox.next(), { value: 2, done: false }, 'a loop that broke off ended nothing')
  const waiting = inbox.next()
  await t.rejects(inbox.next(), /one reader/)
  inbox.put(3)
  t.same(await waiting, { value: 3, done: false })
  inbox.put(4)
  inbox.end(new Error('broken'))
  inbox.end()
  inbox.put(5)
  t.same(await inbox.next(), { value: 4, done: false })
  await t.rejects(inbox.next(), /broken/)
  const weighed = new Inbox<number>(2)
  for (const item of [1, 2, 3]) weighed.put(item, 10 * item)
  t.equal(weighed.bytes, 50, 'without the oldest')
  await weighed.next()
  t.equal(weighed.bytes, 30)
  const ending = new Inbox<number>()
  const last = ending.next()
  ending.end()
  t.same(await last, { value: undefined, done: true })
  t.same(await ending.next(), { value: undefined, done: true })
})
