import { randomBytes, randomUUID } from 'node:crypto'
import { request as httpRequest } from 'node:http'
import { request as httpsRequest, type RequestOptions } from 'node:https'
import { connect as connectTls } from 'node:tls'
import { pino } from 'pino'
import t from 'tap'
import { createCertificateRequest, generateKey, lockPrivateKey } from '../../src/client/keys.js'
import { acceptance } from '../support/handshake.js'
import { connect } from '../support/hub-client.js'
import { startServer } from '../support/server.js'
import { userOf } from '../support/user.js'

const log: string[] = []
const logger = pino({ level: 'trace' }, { write: (line: string) => void log.push(line) })
const server = await startServer(t, { HERMES_LOGIN_FAILURES: '0' }, undefined, { logger })

/** What must not be found in the log, by the place where a client put it. */
const planted = new Map<string, string>()

/** A secret of its own for each place: 128 random bits, base64url. */
function plant(place: string): string {
  const secret = `s3cret${randomBytes(16).toString('base64url')}`
  planted.set(place, secret)
  planted.set(`${place}, in base64`, Buffer.from(secret).toString('base64').replace(/=+$/, '').slice(0, -1))
  planted.set(`${place}, percent-encoded`, encodeURIComponent(secret))
  return secret
}

/** The same for a PEM: a line of its base64 that no other has. */
function plantPem(place: string, pem: string): string {
  const lines = pem.split('\n').filter((line) => line !== '' && !line.startsWith('-----'))
  planted.set(place, lines.at(-2) ?? lines.at(-1) ?? '')
  return pem
}

type Headers = Record<string, string>

/** A request whose answer does not matter; the status, or 0 where there is none. */
function send(
  url: string,
  options: Omit<RequestOptions, 'headers'> & { headers?: Headers },
  body?: string | object,
): Promise<number> {
  const text = typeof body === 'object' ? JSON.stringify(body) : body
  const headers = { ...(body !== undefined && { 'content-type': 'application/json' }), ...options.headers }
  return new Promise((resolve) => {
    const program = url.startsWith('https') ? httpsRequest : httpRequest
    const outgoing = program(url, { agent: false, ca: server.rootPem, ...options, headers }, (incoming) => {
      incoming.resume().once('end', () => resolve(incoming.statusCode ?? 0))
      incoming.once('error', () => resolve(0))
    })
    outgoing.once('error', () => resolve(0)).end(text)
  })
}

/** Bytes on a TLS connection, until the server ends it. */
function raw(url: string, bytes: string, tls: object = {}): Promise<void> {
  const { port } = new URL(url)
  return new Promise((resolve) => {
    const socket = connectTls({
      port: Number(port),
      host: '127.0.0.1',
      servername: 'localhost',
      ca: server.rootPem,
      ...tls,
    })
    socket.once('secureConnect', () => socket.write(bytes))
    socket.once('error', () => resolve()).once('close', () => resolve())
    socket.resume()
  })
}

const identity = (path: string, body?: object | string, headers: Headers = {}, method = 'POST') =>
  send(`${server.identityUrl}${path}`, { method, headers }, body)

const key = await generateKey()
const password = plant('server password')
const csr = plantPem('certificate request', createCertificateRequest(key, 'alice'))
const lockedKey = plantPem('locked private key', await lockPrivateKey(key, 'a second password'))

async function plantAtIdentity(): Promise<void> {
  const username = 'alice'
  t.equal(await identity('/register', { username, password, csr, encryptedPrivateKey: lockedKey }), 201)
  t.equal(await identity('/register', { username, password, csr, encryptedPrivateKey: lockedKey }), 409)
  t.equal(await identity('/fetch-my', { username, password }), 200)
  t.equal(await identity('/fetch-my', { username, password: plant('wrong password') }), 401)
  t.equal(await identity('/fetch-my', { username: plant('password as username'), password }), 400)
  t.equal(await identity('/fetch-my', { username, password: { value: plant('password that is no string') } }), 400)
  t.equal(await identity('/fetch-my', { username, password, more: plant('member that nobody knows') }), 400)
  t.equal(
    await identity('/register', { username: 'eve', password: plant('password of the unregistered'), csr: 'no' }),
    422,
  )
  const openKey = key.export({ type: 'pkcs8', format: 'pem' }).toString()
  plantPem('private key', openKey)
  t.equal(await identity('/escrow', { username, password, encryptedPrivateKey: openKey }), 422)
  t.equal(await identity('/recover', { username, password, csr: openKey }), 422)
  const form = 'application/x-www-form-urlencoded'
  const fields = new URLSearchParams({ username, password, more: plant('field of a form') })
  t.equal(await identity('/fetch-my', String(fields), { 'content-type': form }), 400)
  t.equal(
    await identity('/fetch-my', `username=alice&password=${plant('form of bad encoding')}%ff`, {
      'content-type': form,
    }),
    400,
  )
  t.equal(await identity('/fetch-my', `{"password":"${plant('bad JSON')}"`), 400)
  t.equal(await identity('/fetch-my', plant('body that is no JSON')), 400)
  t.equal(await identity('/fetch-my', plant('body of another type'), { 'content-type': 'text/plain' }), 415)
  const newPassword = plant('new password')
  t.equal(await identity('/change-password', { username, password, newPassword }), 204)
  t.equal(await identity('/change-password', { username, password: newPassword, newPassword: password }), 204)
  await plantInHeaders()
}

async function plantInHeaders(): Promise<void> {
  const basic = `Basic ${Buffer.from(`alice:${password}`).toString('base64')}`
  planted.set('Basic credentials', basic.slice(6, -2))
  const enroll = '/.well-known/est/simpleenroll'
  const pkcs10 = { 'content-type': 'application/pkcs10' }
  t.equal(await identity(enroll, csr.replaceAll(/-----[^-]+-----|\s/g, ''), { ...pkcs10, authorization: basic }), 200)
  const wrong = `Basic ${Buffer.from(`alice:${plant('wrong password of EST')}`).toString('base64')}`
  planted.set('wrong Basic credentials', wrong.slice(10, -4))
  t.equal(await identity(enroll, 'MAA=', { ...pkcs10, authorization: wrong }), 401)
  // Read as base64 it may happen to hold a colon, and then a username that is none.
  const unreadable = await identity(enroll, 'MAA=', { ...pkcs10, authorization: `Basic ${plant('no base64')}` })
  t.ok([400, 401].includes(unreadable), `${unreadable}`)
  const headers = {
    authorization: `Bearer ${plant('Authorization')}`,
    cookie: `session=${plant('cookie')}`,
    'x-api-key': plant('header of its own'),
    'proxy-authorization': plant('Proxy-Authorization'),
    referer: `https://example.org/?token=${plant('Referer')}`,
  }
  for (const [method, path] of [
    ['GET', '/fetch/alice'],
    ['GET', '/nowhere'],
    ['DELETE', '/register'],
  ] as const)
    await identity(`${path}?token=${plant(`query of ${method} ${path}`)}`, undefined, headers, method)
  await identity(`/%ff?token=${plant('query behind a path that does not decode')}`, undefined, headers, 'GET')
  await identity(`/fetch/alice?${plant('long query')}${'a'.repeat(5000)}`, undefined, headers, 'GET')
  await identity('/fetch/alice', undefined, { cookie: plant('oversized header') + 'a'.repeat(20_000) }, 'GET')
}

async function plantMalformed(url: string, tls: object): Promise<void> {
  const where = url === server.hubUrl ? 'hub' : 'identity'
  const host = 'host: localhost\r\n'
  await raw(url, `${plant(`${where}: no HTTP`)}\r\n\r\n`, tls)
  await raw(url, `GET / HTTP/1.1\r\n${host}cookie ${plant(`${where}: header without colon`)}\r\n\r\n`, tls)
  await raw(
    url,
    `POST /fetch-my HTTP/1.1\r\n${host}transfer-encoding: chunked\r\n\r\nzz${plant(`${where}: bad chunk`)}\r\n`,
    tls,
  )
  await raw(url, `GET /?${plant(`${where}: no version`)}\r\n\r\n`, tls)
  await raw(url, `GET / HTTP/1.1\r\n${host}cookie: ${plant(`${where}: oversized`)}${'a'.repeat(20_000)}\r\n\r\n`, tls)
  await raw(
    url,
    `GET / HTTP/1.1\r\n${host}authorization: ${plant(`${where}: two hosts`)}\r\n${host}connection: close\r\n\r\n`,
    tls,
  )
}

async function registered(username: string) {
  const key = await generateKey()
  const body = { username, password, csr: createCertificateRequest(key, username) }
  const certificate = await new Promise<{ certificate: string; fingerprint: string }>((resolve, reject) => {
    const headers = { 'content-type': 'application/json' }
    httpsRequest(
      `${server.identityUrl}/register`,
      { method: 'POST', ca: server.rootPem, agent: false, headers },
      (incoming) => {
        const chunks: Buffer[] = []
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
        incoming.on('end', () => resolve(JSON.parse(Buffer.concat(chunks).toString())))
      },
    )
      .once('error', reject)
      .end(JSON.stringify(body))
  })
  return userOf(server, username, key, certificate.certificate, certificate.fingerprint)
}

async function plantAtHub(): Promise<void> {
  const [bob, carol] = await Promise.all([registered('bob'), registered('carol')])
  const [b, c] = [await connect(t, server, bob), await connect(t, server, carol)]
  const { username, certificate, fingerprint } = carol
  const { conversation } = await b.call('start', { participants: [{ certificate }] })
  const challenge = randomBytes(32).toString('base64url')
  planted.set('challenge', challenge)
  const attachment = plant('attachment of an invitation')
  await b.call('invite', { conversation, username, fingerprint, challenge, attachment })
  const invited = await c.event(({ type }) => type === 'invited')
  const answer = acceptance(server, carol, invited, plant('attachment of an acceptance'))
  planted.set('challenge of the invitee', answer.challenge)
  planted.set('signature', answer.signature)
  await c.call('accept', { ...answer, signature: randomBytes(64).toString('base64url') }).catch(() => undefined)
  await c.call('accept', answer)
  const payload = plant('payload')
  const messageId = randomUUID()
  await b.call('send', { conversation, messageId, payload })
  await b.call('send', { conversation, messageId, payload: plant('payload of a conflict') }).catch(() => undefined)
  await b.call('send', { conversation, messageId: plant('messageId'), payload }).catch(() => undefined)
  await b.call('signal', { conversation, payload: plant('signal') })
  await b.call('history', { conversation, after: 0, [plant('parameter')]: 1 }).catch(() => undefined)
  await b.call(plant('method')).catch(() => undefined)
  for (const frame of [`{"payload":"${plant('frame that is no JSON')}`, `["${plant('batch')}"]`])
    await b.answerTo(frame)
  await b.answerTo(JSON.stringify({ jsonrpc: '2.0', id: { it: plant('id') }, method: 'send' }))
  const hub = (path: string, body?: object | string, method = 'POST', headers: Headers = {}) =>
    send(`${server.hubUrl}${path}`, { method, headers, cert: bob.tls.cert, key: bob.tls.key }, body)
  const messages = `/conversations/${conversation}/messages`
  t.equal(await hub(messages, { messageId: randomUUID(), payload: plant('payload of REST') }), 200)
  t.equal(await hub(messages, { messageId: 1, payload: plant('payload that is refused') }), 400)
  t.equal(await hub(messages, { messageId: randomUUID(), payload: [plant('payload that is no string')] }), 400)
  t.equal(await hub(messages, `{"payload":"${plant('payload that is no JSON')}"`), 400)
  t.equal(await hub('/me?token='.concat(plant('query at the hub')), undefined, 'GET'), 400)
  t.equal(await hub(`/me?device=${plant('device that is none').replace('s3cret', '%20')}`, undefined, 'GET'), 400)
  t.equal(
    await hub('/me', undefined, 'GET', {
      authorization: plant('Authorization at the hub'),
      cookie: plant('cookie at the hub'),
    }),
    200,
  )
  t.equal(await hub('/renew', { csr: key.export({ type: 'pkcs8', format: 'pem' }).toString() }), 422)
  await plantMalformed(server.hubUrl, { cert: bob.tls.cert, key: bob.tls.key })
  await send(`${server.hubUrl}/me?token=${plant('query of a stranger')}`, {
    headers: { cookie: plant('cookie of a stranger') },
  })
}

async function plantAtConsole(): Promise<void> {
  const socketPath = `${server.directory}/hermes.db.sock`
  const console = (path: string, body: object | string) =>
    send(
      `http://localhost${path}`,
      { socketPath, method: 'POST', headers: { cookie: plant(`cookie at ${path}`) } },
      body,
    )
  t.equal(await console('/admin/users/alice/revoke', { reason: plant('reason at the console') }), 400)
  t.equal(await console(`/admin/users/alice/disable?token=${plant('query at the console')}`, {}), 400)
  t.equal(await console('/admin/users/alice/grant', `{"role":"${plant('bad JSON at the console')}`), 400)
}

t.test('whatever clients send, the log has no secret of theirs', async (t) => {
  await plantAtIdentity()
  await plantMalformed(server.identityUrl, {})
  await plantAtHub()
  await plantAtConsole()
  t.ok(planted.size > 100, `${planted.size} secrets`)
  const text = log.join('')
  for (const [place, secret] of planted) {
    t.ok(secret.length >= 16, `${place} can be told from other text`)
    t.notOk(text.includes(secret), place)
  }
})

t.test('and yet it says what was refused, each under the id of its request', async (t) => {
  const lines = log.map((line) => JSON.parse(line) as Record<string, unknown>)
  const refused = lines.filter(({ code }) => typeof code === 'string')
  for (const code of ['invalid_credentials', 'invalid_request', 'username_taken', 'csr_rejected', 'headers_too_large'])
    t.ok(
      refused.some((line) => line.code === code),
      code,
    )
  for (const line of [...refused, ...lines.filter(({ status }) => status !== undefined)])
    t.match(line.requestId, /^[0-9a-f-]{36}$/, JSON.stringify(line))
  const listeners = new Set(refused.map(({ listener }) => listener))
  t.same(listeners, new Set(['administration', 'hub', 'identity']))
})
