import { X509Certificate } from 'node:crypto'
import {
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { readCrlEntries } from '../../../src/pki/crl-entry.js'
import { type CertificateOptions, openCertificates } from '../../../src/server/certificate-files.js'
import { renewRootCrl } from '../../../src/server/certificates/root-crl-renewal.js'
import { makeSuccessor, type Succession } from '../../../src/server/certificates/succession.js'
import type { RevokedAuthority } from '../../../src/store/authority-store.js'
import { tryLock } from '../../../src/store/sqlite/lock.js'

const DAY = 86_400_000
const T0 = Date.UTC(2027, 0, 2, 3, 4, 5)
const at = (days: number) => new Date(T0 + days * DAY)

function scene(t: Test, changes: Partial<CertificateOptions> = {}) {
  const folder = t.testdir({ passphrase: 'correct horse\n', vault: {} })
  const directory = join(folder, 'certs')
  const options: Omit<CertificateOptions, 'now'> = {
    directory,
    hostnames: ['localhost'],
    passphraseFile: null,
    tlsCertFile: null,
    tlsKeyFile: null,
    ...changes,
  }
  const file = (name: string) => join(directory, name)
  const start = (day: number) => openCertificates({ ...options, now: at(day) })
  const follow = (kind: 'users' | 'servers', day: number, more: Partial<Succession> = {}) =>
    makeSuccessor(kind, { directory, passphraseFile: options.passphraseFile, pkiUrl: null, now: at(day), ...more })
  const revoke = (revoked: RevokedAuthority | null, day: number) =>
    renewRootCrl({ directory, passphraseFile: null, now: at(day), revoke: revoked })
  return {
    folder,
    directory,
    file,
    start,
    follow,
    revoke,
    pem: (name: string) => readFileSync(file(`${name}.pem`), 'utf8'),
  }
}

const names = ({ authorities }: Awaited<ReturnType<typeof openCertificates>>) =>
  authorities.generations.map(({ name, signer }) => `${name}${signer === null ? ' (cannot sign)' : ''}`)

t.test(
  'of several successors made at once each has a name of its own, and of several CRLs each lists more',
  async (t) => {
    const { start, follow, revoke, directory } = scene(t)
    await start(0)
    const made = await Promise.all([follow('users', 1), follow('users', 1), follow('servers', 1), follow('users', 1)])
    t.same(made.map(({ name }) => name).sort(), ['servers-2', 'users-2', 'users-3', 'users-4'])
    t.notOk(readdirSync(directory).includes('.ready'))
    const reason = 'superseded'
    await Promise.all([revoke({ name: 'users', reason }, 2), revoke({ name: 'users-2', reason }, 2)])
    const { authorities } = await start(3)
    t.same(authorities.revoked.map(({ name }) => name).sort(), ['users', 'users-2'])
  },
)

const asRoot = process.getuid?.() === 0 ? {} : { skip: 'only root gives a file to another user' }
t.test("what root makes in the folder is its owner's", asRoot, async (t) => {
  const { start, follow, directory, file } = scene(t)
  await start(0)
  for (const name of ['', ...readdirSync(directory)]) chownSync(file(name), 12_345, 12_345)
  rmSync(file('.lock'))
  const { files } = await follow('users', 1)
  for (const path of [...files, file('.lock')]) t.equal(statSync(path).uid, 12_345, path)
})

t.test('a folder that another process keeps is waited for', async (t) => {
  const { start, follow, directory, file } = scene(t)
  await start(0)
  const { size, mode } = statSync(file('.lock'))
  t.same([size, mode & 0o777], [0, 0o600])
  const lock = tryLock(join(directory, '.lock'))
  const waiting = follow('users', 1)
  await setTimeout(100)
  t.notOk(existsSync(file('users-2-ca.pem')))
  lock?.close()
  t.equal((await waiting).name, 'users-2')
})

t.test('a copy of a CA under another name is refused', async (t) => {
  const { start, file } = scene(t)
  await start(0)
  for (const end of ['pem', 'key']) copyFileSync(file(`users-ca.${end}`), file(`users-2-ca.${end}`))
  await t.rejects(start(1), { code: 'invalid_request', message: /users-2-ca\.pem: it has the key of users-ca\.pem/ })
})

t.test('the next CA is like the one before, but for its name and key', async (t) => {
  const { start, follow, pem, file } = scene(t, { pkiUrl: 'http://pki.example.org' })
  const first = await start(0)
  const made = await follow('users', 50)
  t.equal(made.name, 'users-2')
  t.same(made.files, [file('users-2-ca.pem'), file('users-2-ca.key')])
  const [before, after, root] = ['users-ca', 'users-2-ca', 'root-ca'].map((name) => new X509Certificate(pem(name)))
  if (!before || !after || !root) throw new Error('there are three')
  t.equal(after.subject, 'CN=Hermes Users CA 2')
  t.ok(after.ca && after.checkIssued(root) && after.verify(root.publicKey))
  t.same(after.keyUsage, before.keyUsage)
  t.equal(after.infoAccess, before.infoAccess, "the root's CRL is where it was")
  t.notOk(after.publicKey.equals(before.publicKey))
  const opened = await start(50)
  t.same(names(opened), ['users-2', 'users', 'servers'])
  t.equal(opened.users.fingerprint, made.certificate.fingerprint)
  t.notOk(opened.renewed, 'the server keeps its certificate')
  t.equal((await follow('users', 55)).name, 'users-3')
  await follow('servers', 55, { pkiUrl: 'http://elsewhere.example.org' })
  t.match(new X509Certificate(pem('servers-2-ca')).infoAccess, /elsewhere/)
  const followed = await start(55)
  t.ok(followed.renewed, "the newest servers' CA issues the certificate of the server")
  t.equal(new X509Certificate(followed.server.certificatePem).issuer, 'CN=Hermes Servers CA 2')
  t.not(followed.server.keyPem, first.server.keyPem)
})

t.test('it ends with the root at the latest', async (t) => {
  const { start, follow } = scene(t)
  const { root } = await start(0)
  await t.rejects(start(6 * 365), { message: /users-ca\.pem: it expired .*rotate-ca users/ })
  const { certificate } = await follow('users', 6 * 365)
  await follow('servers', 6 * 365)
  t.same(certificate.notAfter, root.notAfter)
  t.equal(
    (await start(6 * 365)).users.fingerprint,
    certificate.fingerprint,
    'the first, which has ended, stops nothing',
  )
  await t.rejects(start(11 * 365), { message: /root-ca\.pem: it expired/ })
})

t.test('its key is locked as the others are', async (t) => {
  const passphraseFile = join(t.testdirName, 'passphrase')
  const { start, follow, file, directory } = scene(t, { passphraseFile })
  await start(0)
  await follow('users', 1)
  t.match(readFileSync(file('users-2-ca.key'), 'utf8'), /^-----BEGIN ENCRYPTED PRIVATE KEY-----/)
  t.same(names(await start(1)), ['users-2', 'users', 'servers'])
  await t.rejects(makeSuccessor('users', { directory, passphraseFile: null, pkiUrl: null, now: at(1) }), {
    message: /root-ca\.key: it is encrypted/,
  })
})

t.test('it is made where nothing is but the root and the certificate before', async (t) => {
  const { start, follow, file, directory, folder } = scene(t)
  await start(0)
  const vault = join(folder, 'vault')
  for (const name of ['root-ca.pem', 'root-ca.key', 'users-ca.pem']) copyFileSync(file(name), join(vault, name))
  rmSync(file('root-ca.key'))
  await t.rejects(follow('users', 1), { message: /root-ca\.key: the key of the root is not here/ })
  await t.rejects(follow('servers', 1, { directory: vault }), { message: /servers-ca\.pem: the file is missing/ })
  await follow('users', 1, { directory: vault })
  renameSync(join(vault, 'users-2-ca.pem'), file('users-2-ca.pem'))
  await t.rejects(start(1), { message: /users-2-ca\.key missing/ }, 'half of it is an error that names it')
  renameSync(join(vault, 'users-2-ca.key'), file('users-2-ca.key'))
  t.same(names(await start(1)), ['users-2', 'users', 'servers'])
  t.notOk(readdirSync(directory).includes('root-ca.key'))
})

t.test('whatever a crash leaves, the next start goes on', async (t) => {
  const made = scene(t)
  await made.start(0)
  await made.follow('users', 1)
  const files = readdirSync(made.directory).map((name) => [name, readFileSync(made.file(name), 'utf8')] as const)
  const isNew = (name: string) => name.startsWith('users-2-ca')
  for (const [left, expected] of [
    [{ '.writing-abc': ['users-2-ca.key'] }, ['users', 'servers']],
    [{ '.writing-abc': ['users-2-ca.key', 'users-2-ca.pem'] }, ['users', 'servers']],
    [{ '.ready': ['users-2-ca.key', 'users-2-ca.pem'] }, ['users-2', 'users', 'servers']],
    [{ '.ready': ['users-2-ca.pem'], '.': ['users-2-ca.key'] }, ['users-2', 'users', 'servers']],
    [{ '.ready': [], '.': ['users-2-ca.key', 'users-2-ca.pem'] }, ['users-2', 'users', 'servers']],
  ] as const)
    await t.test(JSON.stringify(left), async (t) => {
      const { directory, start, follow } = scene(t)
      mkdirSync(directory)
      for (const [name, text] of files) if (!isNew(name)) writeFileSync(join(directory, name), text)
      for (const [folder, names] of Object.entries(left)) {
        mkdirSync(join(directory, folder), { recursive: true })
        for (const [name, text] of files)
          if (names.some((one: string) => one === name)) writeFileSync(join(directory, folder, name), text)
      }
      t.same(names(await start(1)), expected)
      await follow('servers', 1)
      t.same(names(await start(1)), [...expected.slice(0, -1), 'servers-2', 'servers'])
    })
})

t.test('a CA without a successor must be able to sign, one that has been followed need not', async (t) => {
  const { start, follow, file } = scene(t)
  await start(0)
  await follow('users', 1)
  rmSync(file('users-ca.key'))
  t.same(names(await start(1)), ['users-2', 'users (cannot sign)', 'servers'])
  copyFileSync(file('servers-ca.key'), file('users-2-ca.key'))
  await t.rejects(start(1), { message: /users-2-ca\.key: the key is not that of the certificate/ })
  copyFileSync(file('servers-ca.pem'), file('users-2-ca.pem'))
  await t.rejects(start(1), { message: /users-2-ca\.pem: its extended key usage is not clientAuth alone/ })
  writeFileSync(file('users-2-ca.pem'), 'half')
  await t.rejects(start(1), { message: /users-2-ca\.pem: .*PEM/ })
})

t.test('the root revokes a CA that has a successor, once', async (t) => {
  const { start, follow, revoke, file } = scene(t)
  const { users } = await start(0)
  const leaked = { name: 'users', reason: 'cACompromise' } as const
  await t.rejects(revoke(leaked, 1), { message: /users-ca\.pem: it is the newest CA of users here.*rotate-ca users/ })
  await follow('users', 1)
  await t.rejects(revoke({ ...leaked, name: 'users-3' }, 2), { message: /users-3-ca\.pem: the file is missing/ })
  const first = await revoke(leaked, 2)
  const second = await revoke(leaked, 3)
  t.ok(second.number > first.number)
  for (const { parsed } of [first, second] as { parsed?: { tbs: { entries: Uint8Array | null } } }[])
    t.same(readCrlEntries(parsed?.tbs.entries ?? null), [
      { serialNumber: users.serialNumber, revokedAt: at(2), reason: 'cACompromise' },
    ])
  const opened = await start(3)
  t.same(opened.authorities.revoked, [leaked])
  t.same(names(opened), ['users-2', 'users', 'servers'], 'it goes on signing its CRLs')
  rmSync(file('users-2-ca.pem'))
  rmSync(file('users-2-ca.key'))
  await t.rejects(start(3), { message: /users is revoked.*rotate-ca/ })
})
