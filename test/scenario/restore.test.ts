import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { appendFile, readdir, rename, stat } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { crlNumber, parseCrl } from '../../src/pki/crl.js'
import { adminIn } from '../support/admin-command.js'
import { buildCommand } from '../support/build.js'
import { conversationOf, type Party } from '../support/handshake.js'
import { connect } from '../support/hub-client.js'
import { asTestServer, serve, temporaryFolder } from '../support/serve-process.js'
import type { TestServer } from '../support/server.js'
import { registerUser, registerUsers, type User, userOf } from '../support/user.js'

interface Gap {
  readonly from: number
  readonly to: number
}

t.setTimeout(300_000)

t.test('what is restored serves, and clients are told what was lost', async (t) => {
  const command = await buildCommand()
  const directory = await temporaryFolder(t)
  const admin = adminIn(directory, command, { HERMES_IDENTITY_PORT: '0', HERMES_HUB_PORT: '0' })
  const path = (...names: readonly string[]) => join(directory, ...names)
  const before = await serve(t, { directory })
  const server = await asTestServer(before, directory)
  const { alice, bob } = await registerUsers(server, 'alice', 'bob')
  const party = async (to: TestServer, user: User): Promise<Party> => ({ user, client: await connect(t, to, user) })
  const [a, b] = [await party(server, alice), await party(server, bob)]
  const conversation = await conversationOf(server, a, b)
  const send = async ({ client }: Party, payload: string): Promise<number> =>
    (await client.call('send', { conversation, messageId: randomUUID(), payload })).seq
  const kept = await send(a, 'kept')
  await b.client.event(({ seq }) => seq === kept)

  // Others write all the while.
  let isDone = false
  const writing = (async () => {
    for (let n = 0; !isDone; n += 1) await send(a, `meanwhile ${n}`)
  })()
  const made = await admin('backup', 'backup', '--json')
  isDone = true
  await writing
  t.match({ code: made.code, ...made.json() }, { code: 0, files: /hermes\.db/ })
  t.equal(((await stat(path('backup'))).mode & 0o777).toString(8), '700')
  for (const name of await readdir(path('backup', 'certs')))
    t.equal(((await stat(path('backup', 'certs', name))).mode & 0o777).toString(8), '600', name)
  t.match(await admin('backup', 'backup'), { code: 1, stderr: /exists, and a backup replaces nothing/ })
  t.match(await admin('restore', 'backup'), { code: 1, stderr: /is in the way: stop the server/ })

  const lost = await send(a, 'lost')
  await b.client.event(({ seq }) => seq === lost)
  const late = await registerUser(server, 'late')
  const numberOf = (at: TestServer) => {
    const url = `${at.identityUrl}/crl/users`
    const der = execFileSync('curl', ['-sS', '--cacert', join(at.certsDir, 'root-ca.pem'), url])
    return Number(crlNumber(parseCrl(der).tbs))
  }
  const firstNumber = numberOf(server)
  before.child.kill('SIGKILL')
  await before.ended
  await rename(path('data'), path('data.lost'))
  await rename(path('certs'), path('certs.lost'))

  await appendFile(path('backup', 'certs', 'users-ca.pem'), '\n')
  t.match(await admin('restore', 'backup'), { code: 1, stderr: /users-ca\.pem is not as it was written/ })
  await rename(path('certs.lost', 'users-ca.pem'), path('backup', 'certs', 'users-ca.pem'))
  t.match(await admin('restore', 'backup'), { code: 0, stdout: /Restored as of .*gap/ })
  t.match(await admin('restore', 'backup'), { code: 1, stderr: /is in the way/ })
  t.match(await admin('doctor'), { code: 0 })
  t.match(await admin('audit', 'verify'), { code: 0 })

  const after = await asTestServer(await serve(t, { directory }), directory)
  const at = ({ username, key, certificate, fingerprint }: User) =>
    userOf(after, username, key, certificate, fingerprint)
  const [a2, b2] = [await party(after, at(alice)), await party(after, at(bob))]
  const gap = (await b2.client.notification('gap')) as unknown as Gap
  t.match(gap, { conversation, reason: 'restored' })
  t.ok(gap.to > lost && gap.from > kept, 'all that may have been seen, and nothing that is there')
  const next = await send(a2, 'after')
  t.equal(next, gap.to + 1, 'no seq is given twice')
  t.match(await b2.client.event(({ seq }) => seq === next), { payload: 'after' })
  t.same(await b2.client.call('ack', { conversation, seq: next }), {})
  t.match((await at(late).call('GET', '/me')).json(), { code: 'certificate_unknown' })
  t.ok(numberOf(after) > firstNumber, 'CRL numbers go on')
})
