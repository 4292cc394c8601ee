import t from 'tap'
import { createCertificateRequest, generateKey } from '../../src/client/keys.js'
import { certsOnly } from '../../src/pki/certs-only.js'
import { type HttpAnswer, KEEPING_CONNECTIONS, request } from '../support/https.js'
import { startServer } from '../support/server.js'
import { PASSWORD, registerUser } from '../support/user.js'
import { hostileTexts } from './hostile-values.js'

const server = await startServer(t, { HERMES_LOGIN_FAILURES: '0', HERMES_CERTIFICATES_PER_HOUR: '0' })
const mallory = await registerUser(server, 'mallory')
const derOf = (csr: string) => Buffer.from(csr.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64')
const der = derOf(createCertificateRequest(await generateKey(), 'mallory'))
const base64 = der.toString('base64')
const basic = (credentials: string | Buffer) => `Basic ${Buffer.from(credentials).toString('base64')}`
const authorization = basic(`mallory:${PASSWORD}`)

interface Route {
  readonly url: string
  readonly tls: object
  readonly headers: Readonly<Record<string, string>>
}

const ROUTES: readonly Route[] = [
  {
    url: `${server.identityUrl}/.well-known/est/simpleenroll`,
    tls: { ca: server.rootPem },
    headers: { authorization },
  },
  { url: `${server.hubUrl}/.well-known/est/simplereenroll`, tls: mallory.tls, headers: {} },
]

function send({ url, tls, headers }: Route, body: string | Buffer, more: Readonly<Record<string, string>> = {}) {
  const all = { 'content-type': 'application/pkcs10', ...headers, ...more }
  return request(url, { method: 'POST', ...tls, headers: all, agent: KEEPING_CONNECTIONS }, Buffer.from(body))
}

function refused({ status, text }: HttpAnswer, what: string): void {
  if (status < 400 || status >= 500) t.fail(`${what}: ${status} ${text.slice(0, 300)}`)
}

/** What a client might put there by mistake, and an enemy on purpose. */
const BODIES: Readonly<Record<string, string | Buffer>> = {
  nothing: '',
  'white space': ' \r\n\t',
  'DER as it is': der,
  armour: createCertificateRequest(await generateKey(), 'mallory'),
  'base64url with another alphabet': `${'-_'.repeat(400)}`,
  'base64 with padding amidst': `${base64.slice(0, 80)}==${base64.slice(80)}`,
  'base64 twice': base64 + base64,
  'base64 of base64': Buffer.from(base64).toString('base64'),
  'bytes behind its end': Buffer.concat([der, Buffer.of(5, 0)]).toString('base64'),
  'less than it says': der.subarray(0, -1).toString('base64'),
  'CMS around it': certsOnly([der]).toString('base64'),
  'indefinite lengths': Buffer.concat([Buffer.of(0x30, 0x80), der.subarray(3), Buffer.of(0, 0)]).toString('base64'),
  'a certificate': derOf(mallory.certificate).toString('base64'),
  'nothing but headers': Buffer.from('3082'.repeat(4000), 'hex').toString('base64'),
  'a request for another': derOf(createCertificateRequest(await generateKey(), 'alice')).toString('base64'),
  'as much as is taken': 'A'.repeat(65_536),
  'more than is taken': 'A'.repeat(1_100_000),
}

t.test('every hostile body', async (t) => {
  for (const route of ROUTES) {
    for (const [what, body] of Object.entries(BODIES)) refused(await send(route, body), `${what} to ${route.url}`)
    for (const { name, value } of hostileTexts()) refused(await send(route, value), `${name} to ${route.url}`)
    for (let at = 0; at < der.length; at += 7) {
      const changed = Buffer.from(der)
      changed[at] = (changed[at] ?? 0) ^ 0xff
      refused(await send(route, changed.toString('base64')), `byte ${at} changed, to ${route.url}`)
    }
    const fields = { 'content-transfer-encoding': 'quoted-printable', 'content-encoding': 'gzip' }
    refused(await send(route, Buffer.of(0x1f, 0x8b, 8, 0), fields), `gzip to ${route.url}`)
    for (const type of [
      'application/pkcs7-mime',
      'text/plain',
      'multipart/form-data; boundary=x',
      'application/json',
      '*/*',
    ])
      t.match(await send(route, base64, { 'content-type': type }), { status: 415 }, `${type} to ${route.url}`)
  }
  t.equal((await mallory.call('GET', '/me')).status, 200, 'none was an enrollment, which would have ended this one')
})

t.test('all that HTTP Basic can hold', async (t) => {
  const [route] = ROUTES as readonly [Route]
  const withAuthorization = (value: string) => send(route, base64, { authorization: value })
  const credentials: (string | Buffer)[] = [
    ...hostileTexts().flatMap(({ value }) => [`${value}:${PASSWORD}`, `mallory:${value}`]),
    ...['', ':', '::', 'mallory', `:mallory:${PASSWORD}`, `MALLORY:${PASSWORD}`, `\ufeffmallory:${PASSWORD}`],
    ...[`admin:${PASSWORD}`, `mallory:${PASSWORD}\0`, `mallory\0:${PASSWORD}`, `mallory:${'x'.repeat(73)}`],
    Buffer.concat([Buffer.from('mallory:aaaaaaaaaaaaaa'), Buffer.of(0xed, 0xa0, 0x80)]),
    Buffer.of(0xff, 0x3a, 0xff),
  ]
  for (const each of credentials) {
    const value = basic(each)
    if (value.length < 12_000) refused(await withAuthorization(value), JSON.stringify(each.toString()).slice(0, 80))
  }
  for (const value of [
    'Basic',
    'Basic =',
    `Basic ${authorization}`,
    `Bearer ${base64}`,
    `${authorization}, ${authorization}`,
  ])
    t.match(await withAuthorization(value), { status: 401, headers: { 'www-authenticate': /^Basic / } }, value)
  t.equal((await mallory.call('GET', '/me')).status, 200)
  t.equal((await request(`${server.identityUrl}/fetch/alice`, { ca: server.rootPem })).status, 404)
})
