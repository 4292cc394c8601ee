import { statSync } from 'node:fs'
import { chown, copyFile, mkdir, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import t from 'tap'
import { z } from 'zod'
import { Account, AccountDetails, IssuedCertificate } from '../../src/wire/administration.js'
import { adminIn, type Outcome } from '../support/admin-command.js'
import { buildCommand } from '../support/build.js'
import { request } from '../support/https.js'
import { connect } from '../support/hub-client.js'
import { asTestServer, serve, temporaryFolder } from '../support/serve-process.js'
import { registerUser, userOf } from '../support/user.js'

// The command takes a second to start, and more where a machine has other work.
t.setTimeout(240_000)

const command = await buildCommand()
const directory = await temporaryFolder(t)
const admin = adminIn(directory, command)

const Shown = z.strictObject({ user: AccountDetails, certificates: z.array(IssuedCertificate) })

const USER = {
  username: 'alice',
  role: 'user',
  status: 'active',
  createdAt: /Z$/,
  certificate: {
    username: 'alice',
    serialNumber: /^[0-9a-f]{36}$/,
    fingerprint: /^sha256:/,
    status: 'active',
    notBefore: /Z$/,
    notAfter: /Z$/,
    authorisedBy: 'registration',
  },
}

t.test('where there is no database, none is made', async (t) => {
  const { code, stdout, stderr } = await admin('list-users')
  t.match({ code, stdout }, { code: 1, stdout: '' })
  t.match(stderr, /^hermes: There is no installation in .*hermes\.db: run "hermes serve" once, .*HERMES_DATABASE_URL/)
  t.throws(() => statSync(join(directory, 'data')))
})

const asRoot = process.getuid?.() === 0 ? {} : { skip: 'only root gives a file to another user' }
t.test('a socket that somebody else made is not spoken to', asRoot, async (t) => {
  const folder = await temporaryFolder(t)
  await mkdir(join(folder, 'data'))
  const heard: string[] = []
  const stranger = createServer((socket) => socket.on('data', (data) => heard.push(String(data))))
  const path = join(folder, 'data', 'hermes.db.sock')
  await new Promise<void>((resolve) => stranger.listen(path, resolve))
  await chown(path, 12_345, 12_345)
  t.match(await adminIn(folder, command)('list-users'), { code: 1, stderr: /belongs to the user 12345/ })
  t.same(heard, [])
  await new Promise((resolve) => stranger.close(resolve))
})

t.test('a server that is killed before it answers is told of in one line', async (t) => {
  const folder = await temporaryFolder(t)
  await mkdir(join(folder, 'data'))
  const dying = createServer((socket) => socket.once('data', () => socket.destroy()).on('error', () => {}))
  await new Promise<void>((resolve) => dying.listen(join(folder, 'data', 'hermes.db.sock'), resolve))
  const stderr = /^hermes: The server ended before it answered: .*hermes admin audit.*\n$/
  t.match(await adminIn(folder, command)('disable', 'alice'), { code: 1, stdout: '', stderr })
  await new Promise((resolve) => dying.close(resolve))
})

t.test('a command line that is wrong is told from what is refused', async (t) => {
  const wrong = [[], ['dance'], ['list-users', '--colour'], ['show'], ['list-certificates', '--status', 'good']]
  const outcomes = await Promise.all(wrong.map((args) => admin(...args)))
  for (const [index, outcome] of outcomes.entries())
    t.match(outcome, { code: 2, stdout: '', stderr: /hermes admin/ }, String(wrong[index]))
  t.match(await admin('--help'), { code: 0, stdout: /list-users.*list-certificates.*root-crl/s, stderr: '' })
  t.match(await admin('show', '--help'), { code: 0, stdout: /^Usage: hermes admin show <name>/ })
})

t.test(
  'the same answers from a running server, from its database after kill -9, and from the next server',
  async (t) => {
    const first = await serve(t, { directory })
    const server = await asTestServer(first, directory)
    const alice = await registerUser(server, 'alice')
    await registerUser(server, 'bob')
    const socket = join(directory, 'data', 'hermes.db.sock')
    t.equal((statSync(socket).mode & 0o777).toString(8), '600')

    const users = await admin('list-users', '--json')
    t.match(users, { code: 0, stderr: '' })
    t.match(users.json(), { users: [USER, { username: 'bob' }] })
    t.same(z.strictObject({ users: z.array(Account) }).parse(users.json()), users.json())
    t.match((await admin('list-users', '--limit', '1', '--json')).json<{ users: object[] }>().users, [USER])
    t.match((await admin('list-users')).stdout, /^USERNAME +ROLE +STATUS .*\nalice +user +active .*\nbob /)
    t.same((await admin('list-users', '--role', 'administrator', '--json')).json(), { users: [] })

    const { certificates } = (await admin('list-certificates', '--json')).json<{
      certificates: { serialNumber: string }[]
    }>()
    t.match(certificates, [USER.certificate, { username: 'bob' }])
    const serial = certificates[0]?.serialNumber ?? ''
    const listed = async (...args: string[]) =>
      (await admin('list-certificates', '--json', ...args)).json<{ certificates: { username: string }[] }>()
        .certificates
    t.match(await listed('--username', 'bob'), [{ username: 'bob' }])
    t.same(await listed('--status', 'revoked'), [])
    t.same(await listed('--expires-before', '30d'), [])
    t.equal((await listed('--expires-before', '120d', '--status', 'active')).length, 2)
    t.match(await admin('list-certificates', '--username', 'nobody'), { code: 1, stderr: /There is no user nobody/ })

    const user = { user: { ...USER, hasPrivateKey: false, loginFailures: [] }, certificates: [USER.certificate] }
    const shown = (await admin('show', 'alice', '--json')).json()
    t.match(shown, user)
    t.same(Shown.parse(shown), shown, 'it has what the wire has, and no more')
    const certificate = { certificate: { ...USER.certificate, certificate: alice.certificate } }
    const spelled = serial.toUpperCase().replace(/(..)(?=.)/g, '$1:')
    for (const name of [serial, spelled, alice.fingerprint])
      t.match((await admin('show', name, '--json')).json(), certificate, name)
    t.match((await admin('show', serial)).stdout, /^Username +alice\nSerial number +[0-9a-f]{36}\n/)
    t.match(await admin('show', 'nobody'), {
      code: 1,
      stderr: /no user and no certificate nobody: "hermes admin list-/,
    })

    // Serial numbers are public: somebody may call himself like one.
    await registerUser(server, serial)
    t.match(await admin('show', serial), {
      code: 2,
      stderr: /both a user and a certificate: .*--user or --certificate/,
    })
    t.match((await admin('show', serial, '--user', '--json')).json(), { user: { username: serial } })
    t.match((await admin('show', serial, '--certificate', '--json')).json(), certificate)

    const before = (await admin('list-users', '--json')).stdout
    first.child.kill('SIGKILL')
    await first.ended
    t.ok(statSync(socket).isSocket(), 'it left its socket')
    t.match(await admin('list-users', '--json'), { code: 0, stdout: before, stderr: '' }, 'without a server')
    const second = await serve(t, { directory })
    t.match(await admin('list-users', '--json'), { code: 0, stdout: before, stderr: '' }, 'with the next one')
    second.child.kill('SIGTERM')
    await second.ended
    t.throws(() => statSync(socket), 'one that ends in order leaves none')
  },
)

t.test('what is done to a user, with a server and without', async (t) => {
  const running = await serve(t, { directory })
  const server = await asTestServer(running, directory)
  const dave = await registerUser(server, 'dave')
  const live = await connect(t, server, dave)
  const after = (outcome: Outcome) => outcome.json<{ user: object }>().user
  t.match(await admin('grant', 'dave'), { code: 0, stdout: 'The role of dave is administrator.\n', stderr: '' })
  t.equal((await dave.call('GET', '/admin/users')).status, 200)
  t.match(after(await admin('grant', 'dave', '--role', 'user', '--json')), { username: 'dave', role: 'user' })
  t.equal((await dave.call('GET', '/admin/users')).status, 403)
  t.match(await admin('disable', 'dave'), { code: 0, stdout: /dave is disabled.*"hermes admin enable dave"/ })
  t.match(await live.whenClosed(), { code: 4503 })
  t.match(after(await admin('enable', 'dave', '--json')), { status: 'active' })
  t.match(after(await admin('unlock', 'dave', '--json')), { username: 'dave' })
  t.match(await admin('revoke', 'dave'), { code: 2, stderr: /--reason REASON is missing: .*keyCompromise/ })
  t.match(await admin('disable', 'nobody'), { code: 1, stderr: 'hermes: There is no user nobody, or he was deleted\n' })
  t.match(await admin('disable', '../alice'), { code: 1, stderr: /username: must be 1 to 64 characters/ })
  running.child.kill('SIGTERM')
  await running.ended

  const { serialNumber } = (await admin('show', dave.fingerprint, '--json')).json<{
    certificate: { serialNumber: string }
  }>().certificate
  const revoked = { username: 'dave', serialNumbers: [serialNumber] }
  t.match((await admin('revoke', serialNumber, '--reason', 'keyCompromise', '--json')).json(), revoked)
  t.match(await admin('revoke', 'dave', '--reason', 'superseded'), { code: 0, stdout: /^Nothing of dave was left/ })
  t.match(await admin('enable', 'dave'), { stdout: /his newest certificate is revoked/ })
  const next = await serve(t, { directory })
  const later = userOf(await asTestServer(next, directory), 'dave', dave.key, dave.certificate, dave.fingerprint)
  t.equal((await later.call('GET', '/me')).json().code, 'certificate_revoked')
  next.child.kill('SIGTERM')
  await next.ended
})

t.test('the clock is confirmed, without a server too', async (t) => {
  const confirmed = await admin('confirm-clock')
  t.match(confirmed, { code: 0, stdout: /^Believed now +20.*\nBefore +20/ })
  const { clock, believed } = (await admin('confirm-clock', '--json')).json<{ clock: string; believed: string }>()
  t.ok(Date.parse(believed) < Date.parse(clock))
})

t.test('the next CRL of the root, on a machine that has no more than its three files', async (t) => {
  const running = await serve(t, { directory })
  const elsewhere = await temporaryFolder(t)
  const certs = join(elsewhere, 'certs')
  const offline = adminIn(elsewhere, command)
  await mkdir(certs)
  const copy = (name: string) => copyFile(join(directory, 'certs', name), join(certs, name))
  await copy('root-ca.pem')
  t.match(await offline('root-crl'), { code: 1, stdout: '', stderr: /root-ca\.key: the key of the root is not here; / })
  await copy('root-ca.key')
  t.match(await offline('root-crl'), { code: 1, stderr: /root-ca\.crl: the last CRL is not here.*copy it here/ })
  await copy('root-ca.crl')
  const made = await offline('root-crl', '--json')
  t.match(made, { code: 0, stderr: '' })
  t.match(made.json(), { file: 'certs/root-ca.crl', number: /^\d+$/, thisUpdate: /Z$/, nextUpdate: /Z$/ })
  const again = await offline('root-crl', '--json')
  t.ok(Number(again.json().number) > Number(made.json().number), 'its number rises, however soon')

  const ca = (await asTestServer(running, directory)).rootPem
  const served = async () => (await request(`${running.identityUrl}/crl/root`, { ca })).headers.etag
  const old = await served()
  await rm(join(directory, 'certs', 'root-ca.crl'))
  await copyFile(join(certs, 'root-ca.crl'), join(directory, 'certs', 'root-ca.crl'))
  // A running server looks into its folder every ten seconds.
  while ((await served()) === old) await setTimeout(500)
})
