import { setTimeout as pause } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { createCertificateRequest, generateKey } from '../../../src/client/keys.js'
import { parseAnswers } from '../../server/raw-socket.js'
import { renewed } from '../../support/account.js'
import { request } from '../../support/https.js'
import { startServer } from '../../support/server.js'
import { open } from '../../support/tls-session.js'
import { registerUser, type User } from '../../support/user.js'

const DAY = 24 * 3_600_000
const ANSWER_MS = 10_000

let now = Date.now()
// Were its certificate due when the clock goes ahead, it would have another from then on, which is not valid yet here.
const server = await startServer(t, {}, () => new Date(now), { serverLifeMs: 400 * DAY })
const mallory = await registerUser(server, 'mallory')

const get = (target: string, ...fields: readonly string[]) =>
  `GET ${target} HTTP/1.1\r\n${['Host: localhost', ...fields].join('\r\n')}\r\n\r\n`
const ATTRIBUTES = get('/.well-known/est/csrattrs')
const ME = get('/me')
const UPGRADE = [
  ...['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'],
  `Sec-WebSocket-Key: ${'A'.repeat(22)}==`,
]

/** Statuses of so many answers to `parts`, each written when those before are answered, over TLS 1.2. */
async function over12(t: Test, ...parts: readonly (readonly [bytes: string, answers: number])[]) {
  const socket = await open(t, server.hubUrl, { ...mallory.tls, maxVersion: 'TLSv1.2' })
  socket.on('error', () => undefined)
  let text = ''
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')))
  let due = 0
  const until = performance.now() + ANSWER_MS
  for (const [bytes, answers] of parts) {
    socket.write(bytes, 'latin1')
    due += answers
    while (text.split('HTTP/1.1 ').length - 1 < due && performance.now() < until) await pause(5)
  }
  socket.destroy()
  return { text, statuses: parseAnswers(text).map(({ status }) => status) }
}

t.test('nothing but EST, whatever comes before it on the connection', async (t) => {
  t.same((await over12(t, [ATTRIBUTES, 1], [ME, 1], [ATTRIBUTES, 1])).statuses, [200, 400, 200])
  t.same((await over12(t, [ATTRIBUTES + ME + ATTRIBUTES, 3])).statuses, [200, 400, 200], 'pipelined')
  const upgrade = await over12(t, [ATTRIBUTES, 1], [get('/hub', ...UPGRADE), 1])
  t.same(upgrade.statuses, [200, 400])
  t.match(upgrade.text, /Connect with TLS 1\.3/)
  for (const path of ['csrattrs', 'hub', '../../hub'])
    t.notMatch((await over12(t, [get(`/.well-known/est/${path}`, ...UPGRADE), 1])).statuses, [101], path)
})

t.test('nothing but EST, however its path is written', async (t) => {
  for (const target of [
    ...['/.well-known/est/../../me', '/.well-known/est/..%2f..%2fme', '/.well-known/est/%2e%2e/%2e%2e/me'],
    ...['/.well-known/est//../../me', '/.well-known/est/\\..\\..\\me', '/.well-known/est/;/../../me'],
    ...['https://localhost/me', 'https://localhost/.well-known/est/../../me', '/me?/.well-known/est/'],
    ...['//.well-known/est/../me', '/me#/.well-known/est/', '/.well-known/est/?/../../me', '/.well-known/est/%zz'],
    ...['/.well-known/est', '/.WELL-KNOWN/est/csrattrs', '/.well-known/e%73t/csrattrs', '*'],
  ]) {
    const { statuses, text } = await over12(t, [get(target), 1])
    t.ok(statuses.length === 1 && [400, 404].includes(statuses[0] ?? 0), `${target}: ${statuses.join()}`)
    t.notMatch(text, /mallory/, target)
  }
})

t.test('a certificate renews by EST as long as it may, and does nothing else when it has ended', async (t) => {
  const url = `${server.hubUrl}/.well-known/est`
  const tls = (user: User) => ({ ...user.tls, maxVersion: 'TLSv1.2' }) as const
  const reenroll = async (user: User) => {
    const csr = createCertificateRequest(await generateKey(), user.username).replaceAll(/-----[^-]+-----|\s/g, '')
    const options = { method: 'POST', ...tls(user), headers: { 'content-type': 'application/pkcs10' } }
    return request(`${url}/simplereenroll`, options, Buffer.from(csr))
  }
  const [alice, bob, carol] = [
    await registerUser(server, 'alice'),
    await registerUser(server, 'bob'),
    await registerUser(server, 'carol'),
  ]
  await renewed(server, carol)
  t.equal((await reenroll(carol)).json().code, 'certificate_superseded', 'the newest alone, while both are good')
  now += 10 * 60_000
  t.equal((await reenroll(carol)).json().code, 'certificate_superseded')
  now += 90 * DAY
  t.equal((await request(`${url}/cacerts`, tls(alice))).json().code, 'certificate_expired')
  t.equal((await reenroll(alice)).status, 200, 'which has ended not long ago')
  t.equal((await reenroll(alice)).json().code, 'certificate_superseded')
  now += 30 * DAY
  t.match(await reenroll(bob), { status: 403, headers: { connection: 'close' } })
  t.equal((await reenroll(bob)).json().code, 'certificate_expired')
})
