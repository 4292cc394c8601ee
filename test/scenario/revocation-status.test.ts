import { execFile } from 'node:child_process'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFile, unlink, writeFile } from 'node:fs/promises'
import { request as httpRequest } from 'node:http'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { createAuthority, parseAuthorityCertificate } from '../../src/pki/authority.js'
import { certIdOf } from '../../src/pki/cert-id.js'
import { parseCrl } from '../../src/pki/crl.js'
import { encodeDer, sequence } from '../../src/pki/der-encode.js'
import { fetched } from '../support/account.js'
import { atConsole } from '../support/console.js'
import { connect } from '../support/hub-client.js'
import { startServer, type TestServer } from '../support/server.js'
import { registerUsers, type User } from '../support/user.js'

const OCSP_REQUEST = 'application/ocsp-request'

interface Ran {
  readonly code: number
  readonly output: string
}

/** Runs a program in the server's folder; both streams. */
function run({ directory }: TestServer, program: string, ...args: readonly string[]): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(program, args, { cwd: directory }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), output: stderr + stdout }),
    )
  })
}

interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Buffer
}

/** One request to the plain-HTTP listener. */
function ask(url: string, options: { method?: string; headers?: Record<string, string>; body?: Buffer } = {}) {
  const { body, ...rest } = options
  return new Promise<Answer>((resolve, reject) => {
    const outgoing = httpRequest(url, { agent: false, ...rest }, (incoming) => {
      const chunks: Buffer[] = []
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
      incoming.on('error', reject)
      incoming.on('end', () =>
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: Buffer.concat(chunks) }),
      )
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

/** The plain-HTTP listener is on, and its URL stands in certificates. */
const startPki = (t: Test, environment: Record<string, string> = {}) =>
  startServer(t, { HERMES_PKI_HTTP_PORT: '0', ...environment })

/** The CAs and the certificate of a user as files beside the server. */
async function lay(server: TestServer, user: User): Promise<void> {
  const write = (name: string, text: string) => writeFile(join(server.directory, name), text)
  await write(`${user.username}.pem`, user.certificate)
  await write('root.pem', server.rootPem)
  for (const name of ['users', 'servers'])
    await write(`${name}.pem`, await readFile(join(server.certsDir, `${name}-ca.pem`), 'utf8'))
}

t.test('OpenSSL finds its way from a certificate to CRL and OCSP, which know a revocation at once', async (t) => {
  const server = await startPki(t)
  const { alice, bob } = await registerUsers(server, 'alice', 'bob')
  await lay(server, alice)
  await lay(server, bob)
  t.match(server.pkiUrl, /^http:\/\/localhost:\d+$/)
  const text = (await run(server, 'openssl', 'x509', '-in', 'alice.pem', '-noout', '-text')).output
  t.ok(text.includes(`URI:${server.pkiUrl}/crl/users`))
  t.ok(text.includes(`OCSP - URI:${server.pkiUrl}/ocsp`))
  t.ok(text.includes(`CA Issuers - URI:${server.pkiUrl}/ca/users`))

  // OpenSSL fetches the CRL from the URL that it reads in the certificate.
  const verify = (name: string) =>
    run(
      server,
      ...(['openssl', 'verify', '-x509_strict', '-crl_download', '-crl_check', '-purpose', 'sslclient'] as const),
      ...(['-CAfile', 'root.pem', '-untrusted', 'users.pem', `${name}.pem`] as const),
    )
  const ocsp = (name: string, ...more: readonly string[]) =>
    run(
      server,
      ...([
        'openssl',
        'ocsp',
        '-issuer',
        'users.pem',
        '-cert',
        `${name}.pem`,
        '-url',
        `${server.pkiUrl}/ocsp`,
      ] as const),
      ...(['-CAfile', 'root.pem', ...more] as const),
    )
  for (const name of ['alice', 'bob']) {
    t.match(await verify(name), { code: 0, output: `${name}.pem: OK` })
    t.match((await ocsp(name)).output, new RegExp(`Response verify OK\\s+${name}.pem: good`))
  }
  const connected = await connect(t, server, bob)
  t.equal((await bob.call('POST', '/revoke', { reason: 'keyCompromise' })).status, 204)
  t.match(await connected.whenClosed(), { code: 4501 })
  t.match((await bob.call('GET', '/me')).json(), { status: 403, code: 'certificate_revoked' })
  t.match(await fetched(server, bob), { status: 'revoked' })
  t.match((await ocsp('bob')).output, /Response verify OK\s+bob.pem: revoked[\s\S]*Reason: keyCompromise/)
  t.match((await verify('bob')).output, /certificate revoked/)
  t.match(await verify('alice'), { code: 0 })
  t.match((await ocsp('alice', '-serial', '0x0123')).output, /0x0123: unknown/)
  t.match(
    (await run(server, 'openssl', 'ocsp', '-issuer', 'root.pem', '-serial', '1', '-url', `${server.pkiUrl}/ocsp`))
      .output,
    /unauthorized \(6\)/,
  )
})

t.test('the identity listener staples an answer about its certificate', async (t) => {
  const server = await startPki(t)
  const { alice } = await registerUsers(server, 'alice')
  await lay(server, alice)
  const { host } = new URL(server.identityUrl)
  const shown = await run(server, 'bash', '-c', `openssl s_client -connect ${host} -CAfile root.pem -status </dev/null`)
  t.match(shown.output, /OCSP Response Status: successful[\s\S]*Cert Status: good/)
  const curl = await run(
    server,
    'curl',
    '-sS',
    '--cert-status',
    '--cacert',
    'root.pem',
    `${server.identityUrl}/health/live`,
  )
  t.match(curl, { code: 0, output: '{"status":"ok"}' })
})

t.test('nothing is stapled to a certificate of another authority', async (t) => {
  const other = await startServer(t)
  const files = { HERMES_TLS_CERT_FILE: 'server.pem', HERMES_TLS_KEY_FILE: 'server.key' }
  const own = Object.entries(files).map(([name, file]) => [name, join(other.certsDir, file)])
  const server = await startServer(t, Object.fromEntries(own))
  const { host } = new URL(server.identityUrl)
  const shown = await run(server, 'bash', '-c', `openssl s_client -connect ${host} -status </dev/null`)
  t.match(shown.output, /OCSP response: no response sent/)
})

t.test('the plain-HTTP listener serves CRL, OCSP and issuers, and nothing else', async (t) => {
  const server = await startPki(t)
  for (const [path, type] of [
    ['/crl/users', 'application/pkix-crl'],
    ['/crl/servers', 'application/pkix-crl'],
    ['/crl/root', 'application/pkix-crl'],
    ['/ca/users', 'application/pkix-cert'],
    ['/ca/servers', 'application/pkix-cert'],
    ['/ca/root', 'application/pkix-cert'],
    ['/ca', 'application/x-pem-file'],
  ] as const)
    t.match(await ask(server.pkiUrl + path), { status: 200, headers: { 'content-type': type } }, path)
  for (const path of [
    '/register',
    '/fetch/alice',
    '/fetch-my',
    '/openapi.yaml',
    '/docs',
    '/health/live',
    '/hub',
    '/me',
  ])
    t.equal((await ask(server.pkiUrl + path)).status, 404, path)
  t.equal((await ask(`${server.pkiUrl}/crl/users`, { method: 'POST' })).status, 405)
  const { status, headers } = await ask(`${server.pkiUrl}/crl/users`)
  t.match(headers, { 'cache-control': 'public, max-age=60', etag: /^"\d+"$/, expires: / GMT$/ })
  const again = await ask(`${server.pkiUrl}/crl/users`, { headers: { 'if-none-match': String(headers.etag) } })
  t.match([status, again.status, again.body.length], [200, 304, 0])
})

t.test('OCSP with GET, and what is refused inside a 200', async (t) => {
  const server = await startPki(t)
  const key = createPrivateKey(await readFile(join(server.certsDir, 'servers-ca.key'), 'utf8'))
  const servers = createAuthority(await readFile(join(server.certsDir, 'servers-ca.pem'), 'utf8'), key)
  const leaf = new X509Certificate(await readFile(join(server.certsDir, 'server.pem'), 'utf8'))
  const requestOf = (...serials: readonly string[]) =>
    sequence(sequence(sequence(...serials.map((serial) => sequence(certIdOf(servers, serial).der)))))
  const post = (body: Buffer, type = OCSP_REQUEST) =>
    ask(`${server.pkiUrl}/ocsp`, { method: 'POST', headers: { 'content-type': type }, body })
  const errorOf = ({ status, headers, body }: Answer) => {
    if (status !== 200 || headers['content-type'] !== 'application/ocsp-response') return `HTTP ${status}`
    return body.length === 5 ? `error ${body[4]}` : 'answered'
  }
  const good = requestOf(leaf.serialNumber.toLowerCase())
  t.equal(errorOf(await post(good)), 'answered')

  // Base64 with +, / and =, percent-encoded or not.
  const tricky = Array.from({ length: 256 }, (_, i) => requestOf(`01${i.toString(16).padStart(2, '0')}fbefbeff`))
    .map((der) => der.toString('base64'))
    .find((text) => /\+/.test(text) && /\//.test(text))
  for (const text of [good.toString('base64'), tricky ?? '']) {
    const encodings = [encodeURIComponent(text), text, text.replace(/=+$/, ''), text.replaceAll('/', '%2f')]
    for (const path of encodings) t.equal(errorOf(await ask(`${server.pkiUrl}/ocsp/${path}`)), 'answered', path)
  }
  t.match(tricky, /\+[\s\S]*\/|\/[\s\S]*\+/)

  const many = (count: number) => requestOf(...Array.from({ length: count }, (_, i) => `01${i}`.padEnd(6, '0')))
  t.equal(errorOf(await post(many(8))), 'answered')
  for (const [what, body] of [
    ['nine certificates', many(9)],
    ['ten thousand certificates', many(10_000)],
    ['a mebibyte', Buffer.alloc(1_048_576, 0x30)],
    ['one byte too many', Buffer.alloc(4097, 0x30)],
    ['nothing', Buffer.alloc(0)],
    ['no request', Buffer.from('GET / HTTP/1.1')],
    ['deep nesting', Buffer.concat(Array.from({ length: 1000 }, () => Buffer.of(0x30, 0x80)))],
    ['bytes behind the end', Buffer.concat([good, Buffer.of(0)])],
    ['an unknown version', sequence(sequence(encodeDer(0xa0, Buffer.of(2, 1, 1)), sequence()))],
  ] as const)
    t.equal(errorOf(await post(body)), 'error 1', what)
  for (const path of ['', 'MAA', 'not%20base64', `${'A'.repeat(3000)}`, '..%2f..%2fetc'])
    t.match(errorOf(await ask(`${server.pkiUrl}/ocsp/${path}`)), /^error 1$/, path)
  const foreign = sequence(sequence(sequence(sequence(certIdOf({ ...servers, subject: Buffer.from('0') }, '01').der))))
  t.equal(errorOf(await post(foreign)), 'error 6', 'of another authority')
  const users = parseAuthorityCertificate(await readFile(join(server.certsDir, 'users-ca.pem'), 'utf8'))
  const both = [certIdOf(servers, '01'), certIdOf(users, '01')].map(({ der }) => sequence(der))
  t.equal(errorOf(await post(sequence(sequence(sequence(...both))))), 'error 6', 'of two authorities')
  t.equal((await post(good, 'application/json')).status, 415)
  t.equal(errorOf(await post(good)), 'answered', 'and goes on')
})

t.test(
  "the root's CRL is served from its file while the root key is away, and the next one once it is taken",
  async (t) => {
    const server = await startPki(t)
    await unlink(join(server.certsDir, 'root-ca.key'))
    const file = join(server.certsDir, 'root-ca.crl')
    const fetched = async () => (await ask(`${server.pkiUrl}/crl/root`)).body
    const pem = await readFile(file, 'utf8')
    const first = await fetched()
    t.equal(first.toString('base64'), pem.replace(/-----[^-]+-----|\n/g, ''))
    const { thisUpdate, nextUpdate } = parseCrl(first).tbs
    t.equal(Math.round(((nextUpdate?.getTime() ?? 0) - thisUpdate.getTime()) / 86_400_000), 365)
    const refresh = () => atConsole(server, 'POST', '/admin/authorities/refresh', {})
    await writeFile(file, 'half wri')
    t.match(await refresh(), { status: 400 })
    t.same(await fetched(), first, 'the last that was good')
    await unlink(file)
    await refresh()
    t.equal((await ask(`${server.pkiUrl}/crl/root`)).status, 404)
    await writeFile(file, pem)
    await refresh()
    t.same(await fetched(), first)
  },
)
