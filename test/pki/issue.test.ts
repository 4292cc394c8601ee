import { spawnSync } from 'node:child_process'
import { createPublicKey, generateKeyPairSync, type KeyObject, X509Certificate } from 'node:crypto'
import { Certificate } from 'pkijs'
import t from 'tap'
import { createAuthority } from '../../src/pki/authority.js'
import { createHierarchy } from '../../src/pki/hierarchy.js'
import { issueServerCertificate } from '../../src/pki/server-certificate.js'
import { issueUserCertificate } from '../../src/pki/user-certificate.js'
import { createWorkbench } from './openssl.js'

const DAY = 86_400_000
const now = new Date()
const hierarchy = createHierarchy({ now })
const spkiOf = (key: KeyObject): Uint8Array => createPublicKey(key).export({ format: 'der', type: 'spki' })
const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
const life = { notBefore: new Date(now.getTime() - 60_000), notAfter: new Date(now.getTime() + 90 * DAY) }
const alice = { username: 'alice', trustDomain: 'example.org', spki: spkiOf(key), ...life }
const bob = { ...alice, username: 'bob' }
const servers = {
  hostnames: ['localhost', '127.0.0.1', '::1', '*.example.org', '2001:db8::5:0:6'],
  spki: spkiOf(key),
  now,
}
const keys: Readonly<Record<string, KeyObject>> = {
  'P-256': key,
  'P-384': generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey,
  RSA: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
  Ed25519: generateKeyPairSync('ed25519').privateKey,
}

t.test('OpenSSL takes a user for a client and never for a server, and the reverse, under every key type', async (t) => {
  const bench = createWorkbench(t)
  bench.write('root.pem', hierarchy.root.certificatePem)
  bench.write('users.pem', hierarchy.users.certificatePem)
  bench.write('servers.pem', hierarchy.servers.certificatePem)
  const verify = (purpose: string, issuer: string) =>
    bench.succeeds(`verify -x509_strict -purpose ${purpose} -CAfile root.pem -untrusted ${issuer}.pem leaf.pem`)
  for (const [type, { ...of }] of Object.entries(keys).map(([type, key]) => [type, { spki: spkiOf(key) }] as const)) {
    bench.write('leaf.pem', issueUserCertificate(hierarchy.users, { ...alice, ...of }).pem)
    t.ok(verify('sslclient', 'users'), `${type}: a user is a client`)
    t.notOk(verify('sslserver', 'users'), `${type}: a user is no server`)
    bench.write('leaf.pem', issueServerCertificate(hierarchy.servers, { ...servers, ...of }).pem)
    t.ok(verify('sslserver', 'servers'), `${type}: a server is a server`)
    t.notOk(verify('sslclient', 'servers'), `${type}: a server is no client`)
  }
  for (const issuing of ['users', 'servers']) {
    t.ok(bench.succeeds(`verify -x509_strict -CAfile root.pem ${issuing}.pem`), `${issuing} under the root`)
  }
  t.ok(bench.succeeds('verify -x509_strict -check_ss_sig -CAfile root.pem root.pem'), 'the root')
})

t.test(
  'GnuTLS agrees',
  { skip: spawnSync('certtool', ['--version']).error ? 'certtool is not installed' : false },
  async (t) => {
    const bench = createWorkbench(t)
    bench.write('root.pem', hierarchy.root.certificatePem)
    bench.write('chain.pem', issueUserCertificate(hierarchy.users, alice).pem + hierarchy.users.certificatePem)
    const verify = (purpose: string) =>
      spawnSync(
        'certtool',
        ['--verify', '--load-ca-certificate=root.pem', '--infile=chain.pem', `--verify-purpose=${purpose}`],
        {
          cwd: bench.folder,
        },
      ).status
    t.equal(verify('1.3.6.1.5.5.7.3.2'), 0)
    t.not(verify('1.3.6.1.5.5.7.3.1'), 0)
  },
)

t.test('the profile of a user certificate, as pkijs and OpenSSL read it', async (t) => {
  const issued = issueUserCertificate(hierarchy.users, alice)
  const certificate = Certificate.fromBER(issued.der)
  t.equal(certificate.version, 2)
  t.match(issued.serialNumber, /^(0[1-9a-f]|[1-7][0-9a-f])[0-9a-f]{34}$/)
  t.equal(Buffer.from(certificate.serialNumber.valueBlock.valueHexView).toString('hex'), issued.serialNumber)
  t.same(
    certificate.extensions?.map(({ extnID, critical }) => [extnID, critical]),
    [
      ['2.5.29.19', true],
      ['2.5.29.15', true],
      ['2.5.29.37', false],
      ['2.5.29.17', false],
      ['2.5.29.14', false],
      ['2.5.29.35', false],
    ],
  )
  const x509 = new X509Certificate(issued.pem)
  t.equal(x509.subject, 'CN=alice')
  t.equal(x509.issuer, 'CN=Hermes Users CA')
  t.equal(x509.subjectAltName, 'URI:acct:alice@example.org')
  t.same(x509.keyUsage, ['1.3.6.1.5.5.7.3.2'])
  t.equal(x509.ca, false)
  t.equal(`sha256:${x509.fingerprint256.replaceAll(':', '').toLowerCase()}`, issued.fingerprint)
  t.equal(Date.parse(x509.validTo), issued.notAfter.getTime())
  t.equal(Date.parse(x509.validFrom), issued.notBefore.getTime())
  t.equal(issued.notAfter.getTime(), Math.floor(life.notAfter.getTime() / 1000) * 1000)
  t.ok(x509.verify(new X509Certificate(hierarchy.users.certificatePem).publicKey))
  t.ok(x509.checkIssued(new X509Certificate(hierarchy.users.certificatePem)))
  t.notOk(x509.verify(new X509Certificate(hierarchy.servers.certificatePem).publicKey))
})

t.test('serial numbers may be given, are checked, and differ', async (t) => {
  const serialNumber = `7f${'0'.repeat(33)}1`
  t.equal(issueUserCertificate(hierarchy.users, { ...alice, serialNumber }).serialNumber, serialNumber)
  for (const bad of ['00', `80${'1'.repeat(34)}`, `00${'1'.repeat(34)}`, '7f'])
    t.throws(() => issueUserCertificate(hierarchy.users, { ...alice, serialNumber: bad }), /lint/, bad)
  const serials = new Set(Array.from({ length: 50 }, () => issueUserCertificate(hierarchy.users, bob).serialNumber))
  t.equal(serials.size, 50)
})

t.test('validity is cut to the issuer, and cannot be empty', async (t) => {
  const late = { ...alice, notAfter: new Date(now.getTime() + 100 * 365 * DAY) }
  t.same(issueUserCertificate(hierarchy.users, late).notAfter, hierarchy.users.notAfter)
  t.throws(() => issueUserCertificate(hierarchy.users, { ...alice, notAfter: alice.notBefore }), /validity_is_in_order/)
})

t.test('names of servers', async (t) => {
  const x509 = new X509Certificate(issueServerCertificate(hierarchy.servers, servers).pem)
  t.match(
    x509.subjectAltName,
    /^DNS:localhost, IP Address:127\.0\.0\.1, IP Address:0:0:0:0:0:0:0:1, DNS:\*\.example\.org, IP Address:2001:DB8:0:0:0:5:0:6$/,
  )
  t.ok(x509.checkHost('localhost'))
  t.ok(x509.checkIP('::1'))
  for (const bad of ['', 'a b', '999.1.1.1', 'a..b', '-a', '::g', `${'a'.repeat(64)}.org`, 'a/b', 'ä.org'])
    t.throws(() => issueServerCertificate(hierarchy.servers, { ...servers, hostnames: [bad] }), /no|neither/, bad)
  t.throws(() => issueServerCertificate(hierarchy.servers, { ...servers, hostnames: [] }), /at least one/)
  const long = `${'a'.repeat(60)}.example.org`
  t.equal(
    new X509Certificate(issueServerCertificate(hierarchy.servers, { ...servers, hostnames: [long] }).pem).subject,
    'CN=Hermes Server',
  )
})

t.test('an authority is a CA certificate and its own key', async (t) => {
  const { users, servers: other } = hierarchy
  t.equal(createAuthority(users.certificatePem, users.key).fingerprint, users.fingerprint)
  t.throws(() => createAuthority(users.certificatePem, other.key), /not that of the certificate/)
  t.throws(() => createAuthority(issueUserCertificate(users, alice).pem, key), /not that of a certificate authority/)
  t.throws(() => createAuthority('garbage', key), /PEM/)
  t.same(
    [hierarchy.root.key, users.key].map((key) => key.asymmetricKeyDetails?.namedCurve),
    ['secp384r1', 'prime256v1'],
  )
  const years = (authority: { notAfter: Date }) => authority.notAfter.getUTCFullYear() - now.getUTCFullYear()
  t.same([hierarchy.root, users, other].map(years), [10, 5, 5])
})
