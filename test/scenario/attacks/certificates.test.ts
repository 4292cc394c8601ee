import { createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { connect as connectTls, createServer } from 'node:tls'
import t, { type Test } from 'tap'
import { generateKey } from '../../../src/client/keys.js'
import { createAuthority } from '../../../src/pki/authority.js'
import { createHierarchy } from '../../../src/pki/hierarchy.js'
import { issueUserCertificate } from '../../../src/pki/user-certificate.js'
import { request } from '../../support/https.js'
import { connect, refusedUpgrade } from '../../support/hub-client.js'
import { openssl } from '../../support/openssl.js'
import { startServer } from '../../support/server.js'
import { PASSWORD, registerUser } from '../../support/user.js'

const DAY_MS = 24 * 60 * 60 * 1000

const server = await startServer(t)
const alice = await registerUser(server, 'alice')
const file = (name: string) => readFile(join(server.certsDir, name), 'utf8')

/** REST, an unknown path and the upgrade all answer 403 with this code, and close. */
async function refusedEverywhere(t: Test, tls: { cert?: string; key?: string }, code: string, on = server) {
  const client = { ca: on.rootPem, ...tls }
  for (const path of ['/me', '/conversations', '/no/such/path']) {
    const answer = await request(`${on.hubUrl}${path}`, { ...client, headers: { connection: 'keep-alive' } })
    t.match(answer, { status: 403, headers: { connection: 'close' } }, path)
    t.equal(answer.json().code, code, path)
  }
  const upgrade = await refusedUpgrade(on, { tls: client })
  t.match(upgrade, { status: 403, headers: { connection: 'close' } })
  t.equal(upgrade.json().code, code)
}

function forAlice(key: KeyObject) {
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' })
  const [notBefore, notAfter] = [new Date(Date.now() - 60_000), new Date(Date.now() + DAY_MS)]
  return { username: 'alice', trustDomain: server.trustDomain, spki, notBefore, notAfter }
}

t.test('no certificate', async (t) => {
  await refusedEverywhere(t, {}, 'certificate_required')
})

t.test('a certificate of another CA', async (t) => {
  const { users, root } = createHierarchy({ now: new Date() })
  const key = await generateKey()
  const keyPem = String(key.export({ type: 'pkcs8', format: 'pem' }))
  const { pem } = issueUserCertificate(users, forAlice(key))
  await refusedEverywhere(t, { cert: pem, key: keyPem }, 'certificate_unknown')
  const chain = pem + users.certificatePem + root.certificatePem
  await refusedEverywhere(t, { cert: chain, key: keyPem }, 'certificate_unknown')
})

t.test("a certificate with a user's name and key from the right CA that was never issued", async (t) => {
  const users = createAuthority(await file('users-ca.pem'), createPrivateKey(await file('users-ca.key')))
  const { pem } = issueUserCertificate(users, forAlice(alice.key))
  await refusedEverywhere(t, { cert: pem, key: alice.keyPem }, 'certificate_unknown')
})

t.test('an expired certificate', async (t) => {
  // The server lives in the past until the certificate has expired for TLS too.
  let now = new Date(Date.now() - 40 * DAY_MS)
  const past = await startServer(t, { HERMES_CERTIFICATE_DAYS: '30' }, () => now)
  const bob = await registerUser(past, 'bob')
  t.ok(Date.parse(new X509Certificate(bob.certificate).validTo) < Date.now())
  const client = await connect(t, past, bob)
  t.equal((await bob.call('GET', '/me')).status, 200)
  now = new Date()
  t.match(await client.whenClosed(), { code: 4502 }, 'a live connection ends')
  await refusedEverywhere(t, bob.tls, 'certificate_expired', past)
})

t.test("a server certificate used as a client's", async (t) => {
  const [cert, key] = [await file('server.pem'), await file('server.key')]
  await refusedEverywhere(t, { cert, key }, 'certificate_unknown')
  const files = { root: server.rootPem, issuer: await file('servers-ca.pem'), cert }
  const args = ['-CAfile', '@root', '-untrusted', '@issuer']
  t.equal((await openssl(files, 'verify', ...args, '-purpose', 'sslserver', '@cert')).code, 0)
  const { code, output } = await openssl(files, 'verify', ...args, '-purpose', 'sslclient', '@cert')
  t.not(code, 0)
  t.match(output, /purpose/)
})

t.test("a client's certificate used as a server's", async (t) => {
  const issuer = await file('users-ca.pem')
  const files = { root: server.rootPem, issuer, cert: alice.certificate }
  const args = ['-CAfile', '@root', '-untrusted', '@issuer']
  t.equal((await openssl(files, 'verify', ...args, '-purpose', 'sslclient', '@cert')).code, 0)
  const { code, output } = await openssl(files, 'verify', ...args, '-purpose', 'sslserver', '@cert')
  t.not(code, 0)
  t.match(output, /purpose/)

  const impostor = createServer({ cert: alice.certificate + issuer, key: alice.keyPem })
  impostor.on('tlsClientError', () => undefined)
  impostor.listen(0, '127.0.0.1')
  await once(impostor, 'listening')
  t.teardown(() => impostor.close())
  const { port } = impostor.address() as AddressInfo
  const socket = connectTls({ port, host: '127.0.0.1', ca: server.rootPem, checkServerIdentity: () => undefined })
  t.teardown(() => socket.destroy())
  const handshake: Promise<unknown> = once(socket, 'secureConnect')
  await t.rejects(handshake, { code: 'INVALID_PURPOSE' })
})

interface Registered {
  readonly certificate: string
  readonly code: string
}

async function register(username: string, subject: string, ...extensions: readonly string[]) {
  const key = String((await generateKey()).export({ type: 'pkcs8', format: 'pem' }))
  const additions = extensions.flatMap((extension) => ['-addext', extension])
  const { output } = await openssl({ key }, 'req', '-new', '-key', '@key', '-subj', subject, ...additions)
  const body = { username, password: PASSWORD, csr: output }
  const answer = await request(`${server.identityUrl}/register`, { method: 'POST', ca: server.rootPem }, body)
  const { certificate, code } = answer.json<Registered>()
  return { status: answer.status, certificate, code }
}

t.test('a CSR that asks for CA:TRUE gets a plain user certificate', async (t) => {
  const { status, certificate } = await register(
    'eve',
    '/CN=eve',
    'basicConstraints=critical,CA:TRUE',
    'keyUsage=critical,keyCertSign,cRLSign',
    'extendedKeyUsage=serverAuth,OCSPSigning',
  )
  t.equal(status, 201)
  const issued = new X509Certificate(certificate)
  t.equal(issued.ca, false)
  t.same(issued.keyUsage, ['1.3.6.1.5.5.7.3.2'], 'extended key usage is clientAuth alone')
  const { output } = await openssl({ cert: certificate }, 'x509', '-in', '@cert', '-noout', '-text')
  t.match(output, /Digital Signature\n/)
  t.notMatch(output, /Certificate Sign|CRL Sign|OCSP Signing|Server Authentication|CA:TRUE/)
})

t.test("a CSR that asks for another user's name", async (t) => {
  const domain = server.trustDomain
  const refused: readonly (readonly [string, ...string[]])[] = [
    ['/CN=alice'],
    ['/CN=alice/CN=mallory'],
    ['/CN=mallory', `subjectAltName=URI:acct:alice@${domain}`],
    ['/CN=mallory', `subjectAltName=URI:acct:mallory@${domain},URI:acct:alice@${domain}`],
    ['/CN=mallory', 'subjectAltName=DNS:localhost'],
    ['/CN=mallory', 'subjectAltName=email:alice@example.org'],
  ]
  for (const [subject, ...extensions] of refused)
    t.match(await register('mallory', subject, ...extensions), { status: 422, code: 'csr_rejected' }, subject)
  const { status, certificate } = await register(
    'mallory',
    '/O=Hermes/OU=alice/CN=mallory/emailAddress=alice@example.org',
  )
  t.equal(status, 201)
  const issued = new X509Certificate(certificate)
  t.equal(issued.subject, 'CN=mallory')
  t.equal(issued.subjectAltName, `URI:acct:mallory@${domain}`)
})
