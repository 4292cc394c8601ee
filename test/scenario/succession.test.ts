import { spawn } from 'node:child_process'
import { createPrivateKey, createPublicKey, randomUUID, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { join as joinPath } from 'node:path'
import t, { type Test } from 'tap'
import { Authorities } from '../../src/client/authorities.js'
import { verifyUserCertificate } from '../../src/client/certificates.js'
import { createIdentityClient } from '../../src/client/identity-client.js'
import { createCertificateRequest, generateKey } from '../../src/client/keys.js'
import { verifyMembership } from '../../src/client/membership.js'
import { type Authority, createAuthority } from '../../src/pki/authority.js'
import { publicationOf } from '../../src/pki/publication.js'
import { issueUserCertificate } from '../../src/pki/user-certificate.js'
import { openCertificates } from '../../src/server/certificate-files.js'
import { JoinedEvent } from '../../src/wire/events.js'
import type { ServerConfiguration } from '../../src/wire/well-known.js'
import { byPassword, fetched, renewed, under } from '../support/account.js'
import type { AdminCommandLine } from '../support/admin-command.js'
import { join } from '../support/handshake.js'
import { connect, refusedUpgrade } from '../support/hub-client.js'
import { type Place, place } from '../support/killable-server.js'
import { published, shown } from '../support/public-parts.js'
import { judged, opensslIn } from '../support/relying-party.js'
import { temporaryFolder } from '../support/serve-process.js'
import type { TestServer } from '../support/server.js'
import { registerUser, registerUsers, userOf } from '../support/user.js'

t.setTimeout(300_000)

const KILLS = 4

/** Runs `hermes admin rotate-ca users` and kills it after so many milliseconds; answers how long it ran. */
async function killed(command: string, cwd: string, afterMs: number): Promise<number> {
  const began = performance.now()
  const env = { ...process.env, HERMES_CERTS_DIR: 'certs' }
  const child = spawn(process.execPath, [command, 'admin', 'rotate-ca', 'users'], { cwd, env, stdio: 'ignore' })
  const timer = setTimeout(() => child.kill('SIGKILL'), afterMs)
  await once(child, 'close')
  clearTimeout(timer)
  return performance.now() - began
}

const issuerOf = (pem: string) => new X509Certificate(pem).issuer

async function done(t: Test, admin: AdminCommandLine, ...args: readonly string[]): Promise<Record<string, unknown>> {
  const outcome = await admin(...args, '--json')
  t.equal(outcome.code, 0, outcome.stderr)
  return outcome.json()
}

t.test('issuing CAs are followed by others while everybody goes on, and one that leaked is revoked', async (t) => {
  const here = await place(t)

  await t.test('killed at any moment, rotate-ca leaves a folder that starts', async (t) => {
    const folder = await temporaryFolder(t)
    const options = { directory: joinPath(folder, 'certs'), passphraseFile: null, tlsCertFile: null, tlsKeyFile: null }
    const start = () => openCertificates({ ...options, hostnames: ['localhost'], now: new Date() })
    await start()
    const wholeMs = await killed(here.command, folder, 60_000)
    const names = async () => (await start()).authorities.generations.map(({ name }) => name)
    t.same(await names(), ['users-2', 'users', 'servers'])
    for (let kill = 1; kill <= KILLS; kill += 1) {
      await killed(here.command, folder, wholeMs * (0.7 + (0.3 * kill) / KILLS))
      const found = await names()
      const expected = Array.from({ length: found.length - 1 }, (_, i) => (i === 0 ? 'users' : `users-${i + 1}`))
      t.same(found, [...expected.reverse(), 'servers'], `kill ${kill}`)
    }
  })

  let server = await here.restart()
  const { alice } = await registerUsers(server, 'alice')
  const a = { user: alice, client: await connect(t, server, alice) }
  const identities = createIdentityClient({ url: server.identityUrl, rootPem: server.rootPem })
  const known = new Authorities({
    pin: await identities.pin(server.rootFingerprint),
    askedAt: new Date(),
    fetch: () => identities.authorities(),
    store: async () => {},
    outdated: () => undefined,
    now: () => new Date(),
  })
  const serverBefore = await shown(server.hubUrl)

  await t.test('the next CA of users is taken by the running server', async (t) => {
    const made = await done(t, here.admin, 'rotate-ca', 'users')
    t.match(made, { name: 'users-2', taken: true, fingerprint: /^sha256:/ })
    t.match((await here.admin('rotate-ca', 'everybody')).code, 2)
  })

  const bob = await registerUser(server, 'bob')
  const b = { user: bob, client: await connect(t, server, bob) }
  t.equal(issuerOf(alice.certificate), 'CN=Hermes Users CA')
  t.equal(issuerOf(bob.certificate), 'CN=Hermes Users CA 2')
  const { conversation } = await a.client.call('start', { participants: [{ certificate: bob.certificate }] })

  await t.test('those of before and after prove themselves to each other', async (t) => {
    const joined = await join(server, conversation, a, b)
    await t.resolves(
      known.verified((pin) => verifyMembership(pin, JoinedEvent.parse(joined))),
      'also to who pinned the root before',
    )
    await b.client.call('send', { conversation, messageId: randomUUID(), payload: 'hello' })
    t.match(await a.client.event((e) => e.type === 'message'), { payload: 'hello' })
    for (const [user, chain] of [
      [alice, 'users-ca'],
      [bob, 'users-2-ca'],
    ] as const)
      t.match(await fetched(server, user), { chain: await readFile(joinPath(server.certsDir, `${chain}.pem`), 'utf8') })
  })

  await t.test('CRL and OCSP of each come from its own CA', async (t) => {
    for (const user of [alice, bob])
      t.same(await judged(here.directory, server.pkiUrl, user), { crl: 'good', ocsp: 'good' })
    const carol = await registerUser(server, 'carol')
    await carol.call('POST', '/revoke', { reason: 'superseded' })
    t.match(await judged(here.directory, server.pkiUrl, carol), { crl: /revoked/, ocsp: 'revoked' })
    t.same(await judged(here.directory, server.pkiUrl, alice), { crl: 'good', ocsp: 'good' })
  })

  await t.test('the next CA of servers issues the certificate of the server at once', async (t) => {
    t.match(await done(t, here.admin, 'rotate-ca', 'servers'), { name: 'servers-2', taken: true })
    const now = await shown(server.hubUrl)
    t.equal(now.issuer, 'CN=Hermes Servers CA 2')
    t.not(now.serialNumber, serverBefore.serialNumber)
    const stapled = [
      's_client',
      '-connect',
      new URL(server.identityUrl).host,
      '-CAfile',
      'certs/root-ca.pem',
      '-status',
    ]
    const { output } = await opensslIn(here.directory, ...stapled, '-verify_return_error', '-brief')
    t.match(output, /Verification: OK/)
    const full = await opensslIn(here.directory, ...stapled)
    t.match(full.output, /OCSP Response Status: successful[\s\S]*Hermes Servers CA 2[\s\S]*Cert Status: good/)
  })

  await t.test('after a kill and a restart all is as it was', async (t) => {
    server = await here.restart()
    t.equal((await alice.call('GET', '/me')).status, 200)
    t.equal((await bob.call('GET', '/me')).status, 200)
    for (const user of [alice, bob])
      t.same(await judged(here.directory, server.pkiUrl, user), { crl: 'good', ocsp: 'good' })
    const pems = (await published(`${server.pkiUrl}/ca`)).toString().split(/(?<=END CERTIFICATE-----\n)/)
    t.same(
      pems.map((pem) => new X509Certificate(pem).subject),
      [
        'CN=Hermes Servers CA 2',
        'CN=Hermes Users CA 2',
        'CN=Hermes Users CA',
        'CN=Hermes Servers CA',
        'CN=Hermes Root CA',
      ],
    )
  })

  const dave = await registerUser(server, 'dave')
  await t.test('who renews, with the same key or another, gets a certificate of the newest', async (t) => {
    const same = await renewed(server, alice, alice.key)
    t.equal(issuerOf(same.certificate), 'CN=Hermes Users CA 2')
    t.equal((await alice.call('GET', '/me')).status, 200, 'the old one stays good')
    const other = await renewed(server, same)
    t.equal(issuerOf(other.certificate), 'CN=Hermes Users CA 2')
  })

  await t.test('the CA that leaked is revoked, and with it whatever it issued', async (t) => {
    t.match(await here.admin('root-crl', '--revoke', 'users-2'), { code: 1, stderr: /rotate-ca users first/ })
    t.match(await done(t, here.admin, 'rotate-ca', 'users'), { name: 'users-3', taken: true })
    const live = await connect(t, server, dave)
    const erin = await registerUser(server, 'erin')
    const unharmed = await connect(t, server, erin)
    t.equal(issuerOf(erin.certificate), 'CN=Hermes Users CA 3')
    t.match(await done(t, here.admin, 'root-crl', '--revoke', 'users-2'), { revoked: 'users-2', taken: true })
    t.match(await live.whenClosed(), { code: 4501 })
    t.match((await refusedUpgrade(server, dave)).json(), { code: 'certificate_revoked' })
    t.match((await dave.call('POST', '/renew', { csr: createCertificateRequest(dave.key, 'dave') })).json(), {
      code: 'certificate_revoked',
    })
    t.match(await fetched(server, dave), { status: 'revoked' })
    t.match(await judged(here.directory, server.pkiUrl, dave), { crl: /revoked/, ocsp: 'revoked' })
    t.same(await judged(here.directory, server.pkiUrl, erin), { crl: 'good', ocsp: 'good' })
    await unharmed.call('whoami')

    const stolen = createAuthority(
      await readFile(joinPath(server.certsDir, 'users-2-ca.pem'), 'utf8'),
      createPrivateKey(await readFile(joinPath(server.certsDir, 'users-2-ca.key'), 'utf8')),
      publicationOf(server.pkiUrl, 'users-2'),
    )
    const forged = await forgedBy(server, stolen, 'erin', await identities.configuration())
    t.match((await refusedUpgrade(server, forged)).json(), { code: 'certificate_unknown' })
    const participants = [{ certificate: forged.certificate }]
    await t.rejects(unharmed.call('start', { participants }), { message: /not issued here/ })
    t.match(await judged(here.directory, server.pkiUrl, forged), { crl: /revoked/, ocsp: 'unknown' })
    const now = await identities.pin(server.rootFingerprint)
    t.throws(() => verifyUserCertificate(forged.certificate, 'erin', now, new Date()), /a CA that the root has revoked/)
    t.ok(verifyUserCertificate(erin.certificate, 'erin', now, new Date()))

    const key = await generateKey()
    const answer = await byPassword(server, dave, '/recover', { csr: createCertificateRequest(key, 'dave') })
    const again = under(server, dave, key, answer)
    t.equal(issuerOf(again.certificate), 'CN=Hermes Users CA 3')
    t.equal((await again.call('GET', '/me')).status, 200)
    const once = await done(t, here.admin, 'root-crl', '--revoke', 'users-2')
    const { output } = await opensslIn(here.directory, 'crl', '-in', 'certs/root-ca.crl', '-noout', '-text')
    t.equal(output.match(/Serial Number/g)?.length, 1, 'it is listed once')
    t.ok(output.includes('CA Compromise'))
    t.match(once, { taken: true })
  })

  await t.test("the server's certificate is revoked and replaced while connections stay", async (t) => {
    const client = await connect(t, server, await registerUser(server, 'frank'))
    const before = await shown(server.hubUrl)
    const answer = await done(t, here.admin, 'revoke-server')
    t.ok((answer.serialNumbers as string[]).includes(before.serialNumber.toLowerCase()))
    const after = await shown(server.hubUrl)
    t.match(answer.replacement, { serialNumber: after.serialNumber.toLowerCase() })
    await client.call('whoami')
    const crl = await opensslIn(
      here.directory,
      'crl',
      '-inform',
      'DER',
      '-in',
      await crlFile(here, server, 'servers-2'),
      '-noout',
      '-text',
    )
    t.ok(crl.output.includes(before.serialNumber))
    t.notOk(crl.output.includes(after.serialNumber))
    t.match(crl.output, /Key Compromise/)
  })

  await t.test('a CA whose certificates are good keeps its key', async (t) => {
    t.match(await here.admin('retire-ca', 'users'), { code: 1, stderr: /is good until/ })
    t.match(await here.admin('retire-ca', 'users-3'), { code: 1, stderr: /issues/ })
    t.match(await here.admin('retire-ca', 'users-9'), { code: 1, stderr: /no CA users-9/ })
  })

  await t.test('each act is in the audit log', async (t) => {
    const { entries } = (await done(t, here.admin, 'audit')) as { entries: { action: string; subject: string }[] }
    const acts = entries.filter(({ subject }) => subject.startsWith('@')).map(({ action, subject }) => action + subject)
    t.same(acts, [
      'rotate-ca@users-2',
      'rotate-ca@servers-2',
      'rotate-ca@users-3',
      'root-crl@root',
      'revoke-ca@users-2',
      'root-crl@root',
      'revoke-server@server',
    ])
    t.equal((await here.admin('audit', 'verify')).code, 0)
  })
})

/** What whoever has the key of a CA makes for himself in the name of another. */
async function forgedBy(server: TestServer, stolen: Authority, username: string, { trustDomain }: ServerConfiguration) {
  const key = await generateKey()
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' })
  const life = { notBefore: new Date(Date.now() - 60_000), notAfter: new Date(Date.now() + 3_600_000) }
  const { pem, fingerprint } = issueUserCertificate(stolen, { username, trustDomain, spki, ...life })
  return userOf(server, username, key, pem, fingerprint)
}

async function crlFile({ directory }: Place, server: TestServer, name: string): Promise<string> {
  const file = joinPath(directory, `${name}.crl`)
  await writeFile(file, await published(`${server.pkiUrl}/crl/${name}`))
  return file
}
