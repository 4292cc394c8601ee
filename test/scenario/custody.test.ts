import { X509Certificate } from 'node:crypto'
import { copyFile, mkdir, mkdtemp, readFile, rm, unlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pino from 'pino'
import t, { type Test } from 'tap'
import { loadConfig } from '../../src/config.js'
import { parseCrl } from '../../src/pki/crl.js'
import { readCrlEntries } from '../../src/pki/crl-entry.js'
import { renewRootCrl } from '../../src/server/certificates/root-crl-renewal.js'
import { makeSuccessor } from '../../src/server/certificates/succession.js'
import { start } from '../../src/server/start.js'
import { atConsole } from '../support/console.js'
import { request } from '../support/https.js'
import { connect } from '../support/hub-client.js'
import { published, shown } from '../support/public-parts.js'
import type { TestServer } from '../support/server.js'
import { registerUser } from '../support/user.js'

const DAY = 86_400_000

/** A server in one folder, which can be stopped and started, at a time that the test sets. */
async function place(t: Test, days = 0) {
  // The path of a socket must be short.
  const directory = await mkdtemp(join(tmpdir(), 'hermes-'))
  const certsDir = join(directory, 'certs')
  const clock = { days }
  const now = () => new Date(Date.now() + clock.days * DAY)
  let close = async () => {}
  t.teardown(async () => {
    await close()
    await rm(directory, { recursive: true, force: true })
  })
  const restart = async (): Promise<TestServer> => {
    await close()
    const config = loadConfig({
      HERMES_IDENTITY_PORT: '0',
      HERMES_HUB_PORT: '0',
      HERMES_CERTS_DIR: certsDir,
      HERMES_DATABASE_URL: `file:${join(directory, 'hermes.db')}`,
      HERMES_BCRYPT_COST: '10',
      HERMES_PKI_HTTP_PORT: '0',
      HERMES_DRAIN_SECONDS: '0',
      HERMES_CERTIFICATE_DAYS: '1',
    })
    const running = await start(config, { logger: pino({ level: 'silent' }), now })
    close = () => running.close()
    return {
      ...running,
      directory,
      certsDir,
      databaseUrl: config.databaseUrl,
      rootPem: await readFile(join(certsDir, 'root-ca.pem'), 'utf8'),
    }
  }
  const follow = (kind: 'users' | 'servers', folder = certsDir) =>
    makeSuccessor(kind, { directory: folder, passphraseFile: null, pkiUrl: null, now: now() })
  return { certsDir, clock, restart, stop: () => close(), follow, file: (name: string) => join(certsDir, name) }
}

const refresh = (server: TestServer) => atConsole(server, 'POST', '/admin/authorities/refresh', {})
const statuses = (answer: Awaited<ReturnType<typeof refresh>>) =>
  Object.fromEntries(
    answer.json<{ authorities: { name: string; status: string }[] }>().authorities.map((one) => [one.name, one.status]),
  )

t.test('what was made elsewhere is taken when all of it is there', async (t) => {
  const here = await place(t)
  const server = await here.restart()
  const vault = join(here.certsDir, '..', 'vault')
  await mkdir(vault)
  for (const name of ['root-ca.pem', 'root-ca.key', 'users-ca.pem']) await copyFile(here.file(name), join(vault, name))
  await unlink(here.file('root-ca.key'))
  await here.follow('users', vault)
  await copyFile(join(vault, 'users-2-ca.pem'), here.file('users-2-ca.pem'))
  t.match((await refresh(server)).json(), { status: 400, detail: /users-2-ca\.key/ })
  t.equal(new X509Certificate((await registerUser(server, 'alice')).certificate).issuer, 'CN=Hermes Users CA')
  const key = await readFile(join(vault, 'users-2-ca.key'), 'utf8')
  await writeFile(here.file('users-2-ca.key'), key.slice(0, 100))
  t.match((await refresh(server)).json(), { status: 400, detail: /users-2-ca\.key/ })
  await writeFile(here.file('users-2-ca.key'), key)
  t.same(statuses(await refresh(server)), { 'users-2': 'issues', users: 'good', servers: 'issues' })
  t.equal(new X509Certificate((await registerUser(server, 'bob')).certificate).issuer, 'CN=Hermes Users CA 2')
})

t.test('a CA retires when its last certificate has ended: its key goes, its certificate stays', async (t) => {
  // The client's clock is right: what is issued to it two days ago ends a day ago.
  const here = await place(t, -2)
  let server = await here.restart()
  const alice = await registerUser(server, 'alice')
  await here.follow('users')
  await refresh(server)
  const retire = (name: string) => atConsole(server, 'POST', `/admin/authorities/${name}/retire`, {})
  t.match((await retire('users')).json(), { status: 403, code: 'forbidden', detail: /is good until/ })
  t.match((await retire('users-2')).json(), { status: 403, detail: /rotate-ca/ })
  t.match((await retire('users-3')).json(), { status: 404 })
  t.match((await retire('root')).json(), { status: 400 })
  here.clock.days = 0
  t.match((await retire('users')).json(), { status: 403, detail: /good until .* the clock is not believed yet/ })
  t.equal((await atConsole(server, 'POST', '/admin/clock/confirm', {})).status, 200)
  t.same(statuses(await retire('users')), { 'users-2': 'issues', users: 'retired', servers: 'issues' })
  await t.rejects(readFile(here.file('users-ca.key')), { code: 'ENOENT' })
  t.equal((await retire('users')).status, 200, 'again')
  t.match((await alice.call('GET', '/me')).json(), { code: 'certificate_expired' })

  for (const again of [false, true]) {
    if (again) server = await here.restart()
    const get = (path: string) => request(`${server.identityUrl}${path}`, { ca: server.rootPem })
    t.equal((await get('/crl/users')).status, 404)
    t.equal((await get('/crl/users-2')).status, 200)
    t.equal((await get('/ca/users')).status, 200)
    t.match((await get('/ca')).text.match(/BEGIN CERTIFICATE/g), { length: 4 })
    t.match((await get('/fetch/alice')).json(), {
      status: 'expired',
      chain: await readFile(here.file('users-ca.pem'), 'utf8'),
    })
  }
})

t.test('a certificate of the server that was revoked is not shown again, wherever it comes from', async (t) => {
  const here = await place(t)
  let server = await here.restart()
  const [pem, key] = [await readFile(here.file('server.pem')), await readFile(here.file('server.key'))]
  const live = await connect(t, server, await registerUser(server, 'alice'))
  const old = await shown(server.hubUrl)
  const answer = await atConsole(server, 'POST', '/admin/server-certificate/revoke', { reason: 'keyCompromise' })
  t.match(answer.json(), { serialNumbers: [old.serialNumber.toLowerCase()] })
  const next = await shown(server.hubUrl)
  t.not(next.serialNumber, old.serialNumber)
  t.notOk(next.publicKey.equals(old.publicKey))
  await live.call('whoami')
  await here.stop()
  await writeFile(here.file('server.pem'), pem)
  await writeFile(here.file('server.key'), key)
  server = await here.restart()
  const third = await shown(server.hubUrl)
  t.notOk([old, next].some(({ serialNumber }) => serialNumber === third.serialNumber))
  const crl = await published(`${server.pkiUrl}/crl/servers`)
  t.same(
    new Set(readCrlEntries(parseCrl(crl).tbs.entries).map(({ serialNumber }) => serialNumber)),
    new Set([old.serialNumber.toLowerCase()]),
  )
})

t.test('a revoked CA is not good again by an older CRL of the root', async (t) => {
  const here = await place(t)
  const server = await here.restart()
  const older = await readFile(here.file('root-ca.crl'))
  await here.follow('users')
  const revoke = { name: 'users', reason: 'cACompromise' } as const
  await renewRootCrl({ directory: here.certsDir, passphraseFile: null, now: new Date(Date.now() + 2000), revoke })
  const newer = await readFile(here.file('root-ca.crl'))
  const expected = { 'users-2': 'issues', users: 'revoked', servers: 'issues' }
  t.same(statuses(await refresh(server)), expected)
  const listed = async ({ pkiUrl }: TestServer) =>
    readCrlEntries(parseCrl(await published(`${pkiUrl}/crl/root`)).tbs.entries).length
  t.equal(await listed(server), 1)

  await writeFile(here.file('root-ca.crl'), older)
  const FORGOTTEN = /root-ca\.crl.*it does not list users, which was revoked.*root-crl --revoke users/
  t.match((await refresh(server)).json(), { status: 400, detail: FORGOTTEN })
  t.equal(await listed(server), 1, 'nor is it given out')
  await t.rejects(here.restart(), { code: 'invalid_request', message: FORGOTTEN })
  await writeFile(here.file('root-ca.crl'), newer)
  t.same(statuses(await refresh(await here.restart())), expected)
})

t.test('a CA that the database knows must be there, and be that one', async (t) => {
  const here = await place(t)
  await here.restart()
  await here.follow('users')
  await here.restart()
  await here.stop()
  const [pem, key] = [await readFile(here.file('users-2-ca.pem')), await readFile(here.file('users-2-ca.key'))]
  for (const name of ['users-2-ca.pem', 'users-2-ca.key']) await unlink(here.file(name))
  await t.rejects(here.restart(), { code: 'invalid_request', message: /users-2-ca\.pem: the file is missing/ })
  await here.follow('users')
  await t.rejects(here.restart(), { code: 'invalid_request', message: /users-2 has the fingerprint/ })
  await writeFile(here.file('users-2-ca.pem'), pem)
  await writeFile(here.file('users-2-ca.key'), key)
  const server = await here.restart()
  t.same(statuses(await refresh(server)), { 'users-2': 'issues', users: 'good', servers: 'issues' })
})
