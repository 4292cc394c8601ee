import { execFileSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { HermesError } from '../../src/errors.js'
import { createHierarchy } from '../../src/pki/hierarchy.js'
import { issueUserCertificate } from '../../src/pki/user-certificate.js'
import { type CertificateOptions, openCertificates, renewServer } from '../../src/server/certificate-files.js'
import { liveAuthorities } from '../../src/server/certificates/authority-set.js'

const DAY = 86_400_000
const now = new Date()
const later = (days: number) => new Date(now.getTime() + days * DAY)
const FILES = ['root-ca', 'users-ca', 'servers-ca', 'server'].flatMap((name) => [`${name}.key`, `${name}.pem`])

type Scene = CertificateOptions & { file(name: string): string; contents(): Record<string, string> }

function scene(t: { teardown(fn: () => void): void }, over: Partial<CertificateOptions> = {}): Scene {
  const base = mkdtempSync(join(tmpdir(), 'hermes-certs-'))
  t.teardown(() => rmSync(base, { recursive: true, force: true }))
  const directory = join(base, 'certs')
  return {
    directory,
    hostnames: ['localhost', '127.0.0.1', '::1'],
    passphraseFile: null,
    tlsCertFile: null,
    tlsKeyFile: null,
    now,
    ...over,
    file: (name) => join(directory, name),
    contents: () =>
      Object.fromEntries(readdirSync(directory).map((name) => [name, readFileSync(join(directory, name), 'utf8')])),
  }
}

/** The start error: one line that names the file. */
async function startError(options: CertificateOptions): Promise<string> {
  try {
    await openCertificates(options)
  } catch (error) {
    if (error instanceof HermesError && error.code === 'invalid_request' && !error.message.includes('\n'))
      return error.message
    throw error
  }
  return 'it started'
}

t.test('the first start makes everything, the second uses it', async (t) => {
  const options = scene(t)
  mkdirSync(options.directory, { mode: 0o755 })
  writeFileSync(options.file('README.md'), 'about')
  const first = await openCertificates(options)
  t.same([first.created, first.renewed, first.rootKeyPresent], [true, false, true])
  t.same(readdirSync(options.directory).sort(), ['.lock', 'README.md', 'root-ca.crl', ...FILES].sort())
  t.equal(statSync(options.directory).mode & 0o777, 0o700)
  for (const name of FILES.filter((name) => name.endsWith('.key')))
    t.equal(statSync(options.file(name)).mode & 0o777, 0o600, name)
  t.same(
    liveAuthorities(first.authorities).forbiddenKeys,
    new Set([first.root.spkiHash, first.users.spkiHash, first.servers.spkiHash]),
  )
  t.equal(first.identityServer, first.server)
  t.ok(first.server.certificatePem.endsWith(first.servers.certificatePem))
  const leaf = new X509Certificate(first.server.certificatePem)
  t.ok(leaf.checkIP('127.0.0.1') && leaf.checkHost('localhost'))
  const before = options.contents()
  const second = await openCertificates(options)
  t.same([second.created, second.renewed], [false, false])
  t.equal(second.root.fingerprint, first.root.fingerprint)
  t.same(second.server, first.server)
  t.same(options.contents(), before, 'nothing is written')
})

t.test('the root key may be offline, and an issuing CA still issues', async (t) => {
  const options = scene(t)
  await openCertificates(options)
  unlinkSync(options.file('root-ca.key'))
  const { rootKeyPresent, users } = await openCertificates(options)
  t.equal(rootKeyPresent, false)
  const spki = new X509Certificate(users.certificateDer).publicKey.export({ format: 'der', type: 'spki' })
  t.ok(issueUserCertificate(users, { username: 'a', trustDomain: 'b', spki, notBefore: now, notAfter: later(1) }).pem)
})

t.test('every missing file is an error that names it, and nothing is made in its place', async (t) => {
  const options = scene(t)
  await openCertificates(options)
  for (const name of FILES.filter((name) => name !== 'root-ca.key')) {
    const aside = `${options.directory}-aside`
    renameSync(options.file(name), aside)
    t.match(await startError(options), name)
    t.notOk(existsSync(options.file(name)))
    renameSync(aside, options.file(name))
  }
  t.equal((await openCertificates(options)).created, false)
})

t.test('every bad file is an error that names it, and nothing is overwritten', async (t) => {
  const options = scene(t)
  await openCertificates(options)
  const other = scene(t)
  await openCertificates(other)
  for (const name of FILES) {
    const good = readFileSync(options.file(name), 'utf8')
    const bads = {
      empty: '',
      garbage: 'garbage',
      'half written': good.slice(0, good.length / 2),
      "another installation's": readFileSync(other.file(name), 'utf8'),
    }
    for (const [what, bad] of Object.entries(bads)) {
      writeFileSync(options.file(name), bad)
      t.match(
        await startError(options),
        what.startsWith('another') ? /(-ca|server)\.(pem|key): / : `${options.file(name)}: `,
        `${name}: ${what}`,
      )
      t.equal(readFileSync(options.file(name), 'utf8'), bad)
    }
    writeFileSync(options.file(name), good)
  }
  t.equal((await openCertificates(options)).created, false)
})

t.test('a certificate that is no CA, of another purpose or expired', async (t) => {
  const options = scene(t)
  await openCertificates(options)
  const users = options.contents()
  for (const kind of ['pem', 'key']) writeFileSync(options.file(`users-ca.${kind}`), users[`servers-ca.${kind}`] ?? '')
  t.match(await startError(options), /users-ca\.pem: its extended key usage is not clientAuth alone/)
  for (const kind of ['pem', 'key']) writeFileSync(options.file(`users-ca.${kind}`), users[`users-ca.${kind}`] ?? '')
  const [leaf = ''] = (users['server.pem'] ?? '').split(/(?<=-----END CERTIFICATE-----\n)/)
  writeFileSync(options.file('users-ca.pem'), leaf)
  t.match(await startError(options), /users-ca\.pem: the certificate is not that of a certificate authority/)
  writeFileSync(options.file('users-ca.pem'), users['users-ca.pem'] ?? '')
  t.match(await startError({ ...options, now: later(6 * 365) }), /users-ca\.pem: it expired on/)
  t.match(await startError({ ...options, now: later(11 * 365) }), /root-ca\.pem: it expired on/)
  t.match(await startError({ ...options, now: later(-1) }), /root-ca\.pem: it is not valid before/)
})

t.test(
  'the server certificate is issued anew past two thirds of its life, for other names, or when removed',
  async (t) => {
    const options = scene(t)
    const first = await openCertificates(options)
    t.equal((await openCertificates({ ...options, now: later(59) })).renewed, false)
    t.equal(await renewServer({ ...options, now: later(59) }, first.servers, first.server), null)
    const swapped = await renewServer({ ...options, now: later(61) }, first.servers, first.server)
    t.not(swapped?.certificatePem, first.server.certificatePem)
    t.same((await openCertificates({ ...options, now: later(62) })).server, swapped)
    t.equal((await openCertificates({ ...options, now: later(61 + 91) })).renewed, true, 'also when it expired')
    const renamed = await openCertificates({ ...options, hostnames: ['hermes.example.org'] })
    t.equal(renamed.renewed, true)
    t.equal(new X509Certificate(renamed.server.certificatePem).subjectAltName, 'DNS:hermes.example.org')
    for (const name of ['server.pem', 'server.key']) unlinkSync(options.file(name))
    const removed = await openCertificates(options)
    t.same([removed.created, removed.renewed, removed.users.fingerprint], [false, true, first.users.fingerprint])
    t.match(await startError({ ...options, hostnames: ['not a host'] }), /^HERMES_HOSTNAMES: "not a host"/)
  },
)

t.test('a crash half way through the first start leaves nothing, or what the next start completes', async (t) => {
  const made = scene(t)
  await openCertificates(made)
  const files = Object.entries(made.contents()).filter(([name]) => name !== '.lock')
  const halfWritten = scene(t)
  mkdirSync(halfWritten.file('.writing-abc'), { recursive: true })
  writeFileSync(join(halfWritten.file('.writing-abc'), 'root-ca.key'), 'half')
  t.equal((await openCertificates(halfWritten)).created, true)
  t.notOk(existsSync(halfWritten.file('.writing-abc')))
  for (let moved = 0; moved <= files.length; moved++) {
    const options = scene(t)
    mkdirSync(options.file('.ready'), { recursive: true })
    for (const [i, [name, text]] of files.entries())
      writeFileSync(i < moved ? options.file(name) : join(options.file('.ready'), name), text)
    const opened = await openCertificates(options)
    t.equal(opened.created, false, `${moved} moved`)
    t.same(options.contents(), made.contents())
  }
})

t.test('a crash while the server pair is replaced leaves a pair', async (t) => {
  const options = scene(t)
  const first = await openCertificates(options)
  const old = options.contents()
  const next = await renewServer({ ...options, now: later(61) }, first.servers, first.server)
  for (const moved of ['server.key', 'server.pem', 'none']) {
    for (const [name, text] of Object.entries(old)) writeFileSync(options.file(name), text)
    mkdirSync(options.file('.ready'))
    for (const [name, text] of [
      ['server.key', next?.keyPem],
      ['server.pem', next?.certificatePem],
    ] as const)
      writeFileSync(name === moved ? options.file(name) : join(options.file('.ready'), name), text ?? '')
    t.same((await openCertificates(options)).server, next, `after ${moved}`)
  }
})

t.test('what is ready never replaces a CA', async (t) => {
  const options = scene(t)
  await openCertificates(options)
  const { users } = createHierarchy({ now })
  mkdirSync(options.file('.ready'))
  writeFileSync(join(options.file('.ready'), 'users-ca.pem'), users.certificatePem)
  t.match(await startError(options), /users-ca\.pem: it exists/)
})

t.test('with a passphrase the CA keys are encrypted', async (t) => {
  const plain = scene(t)
  const passphraseFile = `${plain.directory}-passphrase`
  writeFileSync(passphraseFile, 'correct horse\nsecond line')
  const options = { ...plain, passphraseFile }
  const first = await openCertificates(options)
  for (const name of ['root-ca', 'users-ca', 'servers-ca'])
    t.match(readFileSync(options.file(`${name}.key`), 'utf8'), /^-----BEGIN ENCRYPTED PRIVATE KEY-----/)
  t.match(readFileSync(options.file('server.key'), 'utf8'), /^-----BEGIN PRIVATE KEY-----/)
  t.ok((await openCertificates(options)).users.key.equals(first.users.key))
  t.match(await startError(plain), /root-ca\.key: it is encrypted; .*HERMES_CA_PASSPHRASE_FILE/)
  writeFileSync(passphraseFile, 'wrong')
  t.match(await startError(options), /root-ca\.key: the passphrase of HERMES_CA_PASSPHRASE_FILE does not open it/)
  writeFileSync(passphraseFile, '\n')
  t.match(await startError(options), /-passphrase: its first line is empty/)
  unlinkSync(passphraseFile)
  t.match(await startError(options), /-passphrase: the file is missing/)
})

t.test('plain CA keys in spite of a passphrase are an error', async (t) => {
  const options = scene(t)
  await openCertificates(options)
  const passphraseFile = `${options.directory}-passphrase`
  writeFileSync(passphraseFile, 'correct horse')
  t.match(await startError({ ...options, passphraseFile }), /root-ca\.key: it is not encrypted although/)
})

t.test("the operator's own certificate serves the identity listener", async (t) => {
  const options = scene(t)
  const mine = scene(t, { hostnames: ['identity.example.org'] })
  const { server } = await openCertificates(mine)
  const own = { ...options, tlsCertFile: mine.file('server.pem'), tlsKeyFile: mine.file('server.key') }
  const opened = await openCertificates(own)
  t.same(opened.identityServer, server)
  t.not(opened.server.certificatePem, server.certificatePem)
  t.match(await startError({ ...own, tlsKeyFile: null }), /only one is set/)
  t.match(await startError({ ...own, tlsKeyFile: options.file('server.key') }), /server\.key: it is not the key of/)
  t.match(await startError({ ...own, tlsCertFile: options.file('missing.pem') }), /missing\.pem: the file is missing/)
  t.match(
    await startError({ ...own, tlsCertFile: mine.file('server.key') }),
    /server\.key: it holds no certificate|label/,
  )
  t.match(await startError({ ...own, now: later(100) }), /server\.pem: it expired on/)
})

t.test('an empty folder beside a database that has a CA is refused', async (t) => {
  const options = scene(t)
  t.match(await startError({ ...options, mayCreate: false }), /certs: it is empty, but the database belongs to a CA/)
  t.same(readdirSync(options.directory), [])
  t.equal((await openCertificates({ ...options, mayCreate: true })).created, true)
  t.equal((await openCertificates({ ...options, mayCreate: false })).created, false)
})

t.test('a folder that cannot be used', async (t) => {
  const options = scene(t)
  writeFileSync(options.directory, 'a file')
  t.match(await startError(options), `${options.directory}: the folder cannot be used`)
})

t.test('a pipe in the place of a file is not waited for', async (t) => {
  const options = scene(t)
  await openCertificates(options)
  unlinkSync(options.file('users-ca.pem'))
  execFileSync('mkfifo', [options.file('users-ca.pem')])
  t.match(await startError(options), /users-ca\.pem: it is no file/)
})

t.test(
  'a file that may not be read',
  { skip: process.getuid?.() === 0 ? 'root reads everything' : false },
  async (t) => {
    const options = scene(t)
    await openCertificates(options)
    chmodSync(options.file('users-ca.key'), 0)
    t.match(await startError(options), /users-ca\.key: the file cannot be read \(EACCES\)/)
  },
)
