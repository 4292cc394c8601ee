import { X509Certificate } from 'node:crypto'
import t from 'tap'
import { ERRORS, type ErrorCode, HermesError } from '../../../src/errors.js'
import { createRequest, lockKey } from '../../identity/requests.js'
import { PASSWORD } from '../../identity/service-fixture.js'
import { parseAnswer, talk } from '../raw-socket.js'
import { type Answer, type Listener, listen } from './listener.js'

type Tap = typeof t

const { key, csr } = createRequest('alice')
const encryptedPrivateKey = lockKey(key, 'another password')
const ALICE = { username: 'alice', password: PASSWORD, csr, encryptedPrivateKey }
const PEM = { accept: 'application/x-pem-file' }
const CRLF = /\r\n/g

function isProblem(t: Pick<Tap, 'equal' | 'match'>, answer: Answer, code: ErrorCode): void {
  const { status, title } = ERRORS[code]
  t.equal(answer.status, status)
  t.equal(answer.headers['content-type'], 'application/problem+json')
  t.match(answer.json, { type: `urn:hermes:error:${code}`, title, status, code, detail: /./, requestId: /./ })
}

t.test('POST /register, GET /fetch and POST /fetch-my as JSON', async (t) => {
  const { post, get, hierarchy } = await listen(t)
  const registered = await post('/register', ALICE)
  t.equal(registered.status, 201)
  t.equal(registered.headers.location, '/fetch/alice')
  t.match(registered.headers['content-type'], /^application\/json/)
  t.match(registered.json, { username: 'alice', status: 'valid', chain: hierarchy.users.certificatePem })
  t.notOk('encryptedPrivateKey' in registered.json)
  t.match(registered.json.certificate, /^-----BEGIN CERTIFICATE-----\n[^-]+-----END CERTIFICATE-----\n$/)
  const fetched = await get('/fetch/alice')
  t.equal(fetched.status, 200)
  t.same(fetched.json, registered.json)
  t.equal(fetched.headers['x-content-type-options'], 'nosniff')
  const own = await post('/fetch-my', { username: 'alice', password: PASSWORD })
  t.equal(own.status, 200)
  t.same(own.json, { ...registered.json, encryptedPrivateKey })
  t.equal(own.headers['cache-control'], 'no-store')
})

t.test('the same as forms, with the line ends of Windows, answered in PEM', async (t) => {
  const { postForm, get, hierarchy } = await listen(t)
  const form = {
    ...ALICE,
    csr: csr.replaceAll('\n', '\r\n'),
    encryptedPrivateKey: encryptedPrivateKey.replaceAll('\n', '\r\n'),
  }
  const registered = await postForm('/register', form, PEM)
  t.equal(registered.status, 201)
  t.equal(registered.headers['content-type'], 'application/x-pem-file')
  const certificate = new X509Certificate(registered.text)
  t.ok(certificate.verify(new X509Certificate(hierarchy.users.certificatePem).publicKey))
  t.notMatch(registered.text, CRLF)
  t.equal((await get('/fetch/alice', PEM)).text, registered.text)
  const own = await postForm('/fetch-my', { username: 'alice', password: PASSWORD }, PEM)
  t.equal(own.text, registered.text + encryptedPrivateKey)
  const der = await get('/fetch/alice', { accept: 'application/pkix-cert' })
  t.equal(der.headers['content-type'], 'application/pkix-cert')
  t.ok(der.bytes.equals(certificate.raw))
})

t.test('a form whose locked key could not be read registers nobody', async (t) => {
  const { post, postForm, get } = await listen(t)
  isProblem(t, await post('/register', { ...ALICE, encryptedPrivateKey: '' }), 'private_key_rejected')
  isProblem(t, await postForm('/register', { ...ALICE, encryptedPrivateKey: '' }), 'private_key_rejected')
  const { encryptedPrivateKey: _, ...others } = ALICE
  const unread = await postForm('/register', `${new URLSearchParams(others).toString()}&`)
  isProblem(t, unread, 'invalid_request')
  t.match(unread.json.detail, /is empty/)
  t.equal((await get('/fetch/alice')).status, 404)
})

t.test('fetch answers 304 to the ETag of the same format, and of no other', async (t) => {
  const { post, get, clock } = await listen(t, { policy: { certificateDays: 1 } })
  await post('/register', ALICE)
  const etags = new Map<string, string>()
  for (const accept of ['application/json', 'application/x-pem-file', 'application/pkix-cert']) {
    const { headers } = await get('/fetch/alice', { accept })
    t.equal(headers.vary, 'Accept')
    etags.set(accept, headers.etag ?? '')
  }
  t.equal(new Set(etags.values()).size, 3)
  for (const [accept, etag] of etags) {
    const same = await get('/fetch/alice', { accept, 'if-none-match': `"x", ${etag}` })
    t.match(same, { status: 304, text: '', headers: { etag, vary: 'Accept' } })
    const json = await get('/fetch/alice', { 'if-none-match': etag })
    t.equal(json.status, accept === 'application/json' ? 304 : 200)
  }
  clock.now = new Date(clock.now.getTime() + 2 * 86_400_000)
  const expired = await get('/fetch/alice', { 'if-none-match': etags.get('application/json') ?? '' })
  t.match(expired, { status: 200, json: { status: 'expired' } })
  t.equal((await get('/fetch/alice', {}, 'HEAD')).status, 200)
})

t.test('refusals of /register', async (t) => {
  const { post, postForm } = await listen(t)
  await post('/register', ALICE)
  const bob = { ...ALICE, username: 'bob', csr: createRequest('bob').csr }
  const { encryptedPrivateKey: _, ...bare } = bob
  const cases: readonly [string, unknown, ErrorCode, RegExp | undefined][] = [
    ['taken', ALICE, 'username_taken', /alice/],
    ['a name with capitals', { ...bob, username: 'Bob' }, 'invalid_request', /^username: must be 1 to 64/],
    ['a reserved name', { ...bob, username: 'root' }, 'invalid_request', /reserved/],
    ['a short password', { ...bob, password: 'short' }, 'invalid_request', /^password: must be at least 12/],
    ['a long password', { ...bob, password: 'x'.repeat(73) }, 'invalid_request', /72 bytes/],
    ['no csr', { ...bob, csr: undefined }, 'invalid_request', /^csr:/],
    ['a parameter that nobody knows', { ...bob, admin: true }, 'invalid_request', /admin/],
    ['an array', [], 'invalid_request', undefined],
    ["another's csr", { ...bob, csr }, 'csr_rejected', /bob/],
    ['no csr at all', { ...bob, csr: 'nonsense' }, 'csr_rejected', /PEM/],
    ['a key that is not locked', { ...bob, encryptedPrivateKey: key }, 'private_key_rejected', /openssl pkcs8 -topk8/],
    ['a weakly locked key', { ...bob, encryptedPrivateKey: lockKey(key, 'x', 2048) }, 'private_key_rejected', /600000/],
  ]
  for (const [name, body, code, detail] of cases)
    await t.test(name, async (t) => {
      const answer = await post('/register', body)
      isProblem(t, answer, code)
      if (detail !== undefined) t.match(answer.json.detail, detail)
      t.equal(answer.headers.connection, code === 'username_taken' ? 'close' : 'keep-alive')
    })
  const wrong = await post('/register', { ...bob, username: 'Bob', password: 'short' })
  const paths = new Set((wrong.json.errors as readonly { path: string }[]).map(({ path }) => path))
  t.same(paths, new Set(['username', 'password']))
  isProblem(t, await post('/register?x=1', bob), 'invalid_request')
  isProblem(t, await postForm('/register', { ...bare, username: 'BOB' }), 'invalid_request')
  t.equal((await post('/register', bare)).status, 201, 'nothing of all this took the name')
})

t.test('refusals of /fetch and /fetch-my', async (t) => {
  const { post, get } = await listen(t)
  const bob = { username: 'bob', password: PASSWORD, csr: createRequest('bob').csr }
  await post('/register', bob)
  const unknown = await get('/fetch/nobody')
  isProblem(t, unknown, 'user_not_found')
  t.equal(unknown.headers.connection, 'close')
  isProblem(t, await get('/fetch/Nobody'), 'invalid_request')
  isProblem(t, await get('/fetch/bob?x=1'), 'invalid_request')
  const noKey = await post('/fetch-my', { username: 'bob', password: PASSWORD })
  isProblem(t, noKey, 'no_private_key')
  const wrong = await post('/fetch-my', { username: 'bob', password: 'wrong password' })
  const stranger = await post('/fetch-my', { username: 'nobody', password: 'wrong password' })
  for (const answer of [wrong, stranger]) {
    isProblem(t, answer, 'invalid_credentials')
    t.equal(answer.headers.connection, 'close')
  }
  const withoutId = ({ text, json }: Answer) => text.replace(String(json.requestId), '')
  t.equal(withoutId(wrong), withoutId(stranger), 'the same bytes but for requestId')
  t.same(Object.keys(wrong.headers), Object.keys(stranger.headers))
  isProblem(t, await post('/fetch-my', { username: 'bob' }), 'invalid_request')
})

t.test('limits say when to come again', async (t) => {
  const policy = {
    registrationsPerHour: 1,
    passwordsPerMinute: 4,
    loginFailures: 2,
    passwordWorkers: 1,
    passwordQueue: 1,
  }
  const { post } = await listen(t, { policy })
  await post('/register', ALICE)
  const limited = await post('/register', { ...ALICE, username: 'bob' })
  isProblem(t, limited, 'rate_limited')
  t.equal(limited.headers['retry-after'], '3600')
  const guess = { username: 'alice', password: 'wrong password' }
  for (let n = 0; n < 2; n++) isProblem(t, await post('/fetch-my', guess), 'invalid_credentials')
  const locked = await post('/fetch-my', { ...guess, password: PASSWORD })
  isProblem(t, locked, 'account_locked')
  t.equal(locked.headers['retry-after'], '900')
  const tooMany = await post('/fetch-my', guess)
  isProblem(t, tooMany, 'rate_limited')
  t.equal(tooMany.headers['retry-after'], '60')
})

t.test('a full line of passwords is 503', async (t) => {
  const { post } = await listen(t, { policy: { passwordWorkers: 1, passwordQueue: 1, loginFailures: 0 } })
  const guesses = Array.from({ length: 6 }, (_, n) =>
    post('/fetch-my', { username: `user${n}`, password: 'wrong password' }),
  )
  const answers = await Promise.all(guesses)
  const busy = answers.filter(({ status }) => status === 503)
  t.ok(busy.length >= 1 && busy.length <= 4)
  for (const answer of busy) {
    isProblem(t, answer, 'busy')
    t.equal(answer.headers['retry-after'], '1')
  }
})

t.test('of 50 concurrent registrations of one name one gets 201, and 49 get 409', async (t) => {
  const { post, get } = await listen(t)
  const answers = await Promise.all(Array.from({ length: 50 }, () => post('/register', ALICE)))
  const created = answers.filter(({ status }) => status === 201)
  t.equal(created.length, 1)
  t.equal(answers.filter(({ status }) => status === 409).length, 49)
  t.same((await get('/fetch/alice')).json, created[0]?.json)
})

t.test('a refusal that closes ends the connection, and what is pipelined behind it never happens', async (t) => {
  const listener = await listen(t)
  await listener.post('/register', ALICE)
  const carol = { username: 'carol', password: PASSWORD, csr: createRequest('carol').csr }
  const refused: readonly [string, ErrorCode][] = [
    [raw('POST', '/register', ALICE), 'username_taken'],
    [raw('GET', '/fetch/nobody'), 'user_not_found'],
    [raw('POST', '/fetch-my', { username: 'alice', password: 'wrong password' }), 'invalid_credentials'],
  ]
  for (const [request, code] of refused) {
    const answer = parseAnswer(await talk(listener.port, request + raw('POST', '/register', carol)))
    t.equal(answer.status, ERRORS[code].status)
    t.equal(answer.headers.connection, 'close')
    t.equal(JSON.parse(answer.body).code, code)
    await notRegistered(t, listener, 'carol')
  }
})

async function notRegistered(t: Pick<Tap, 'equal'>, { store }: Listener, username: string): Promise<void> {
  t.equal(await store.identities.findIdentity(username), null, `${username} does not exist`)
}

function raw(method: string, path: string, body?: unknown): string {
  const text = body === undefined ? '' : JSON.stringify(body)
  const entity =
    body === undefined ? '' : `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(text)}\r\n`
  return `${method} ${path} HTTP/1.1\r\nHost: localhost\r\n${entity}\r\n${text}`
}

t.test('other refusals leave the connection open', async (t) => {
  const { port } = await listen(t)
  const last = raw('GET', '/health/live').replace('Host', 'Connection: close\r\nHost')
  const badJson = raw('POST', '/register', 'x').replace('"x"', '{"}')
  const text = await talk(port, raw('POST', '/register', { username: 'x' }) + badJson + raw('GET', '/nothing') + last)
  t.same(text.match(/HTTP\/1\.1 \d+/g), ['HTTP/1.1 400', 'HTTP/1.1 400', 'HTTP/1.1 404', 'HTTP/1.1 200'])
})

t.test('a store that fails is 503 without a word of why', async (t) => {
  const cause = new Error('disk I/O error in /secret/place')
  const { post, get } = await listen(t, {
    wrap: (store) => ({
      ...store,
      findIdentity: () => Promise.reject(new HermesError('unavailable', 'disk full', { cause })),
    }),
  })
  for (const answer of [await post('/register', ALICE), await get('/fetch/alice')]) {
    isProblem(t, answer, 'unavailable')
    t.notMatch(answer.text, /disk|secret/)
  }
})
