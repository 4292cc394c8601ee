import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import t from 'tap'
import { createCertificateRequest, lockPrivateKey } from '../../src/client/keys.js'
import { byPassword, post, recovered, renewed } from '../support/account.js'
import { adminIn } from '../support/admin-command.js'
import { buildCommand } from '../support/build.js'
import { atConsole, grant } from '../support/console.js'
import { asTestServer, serve, temporaryFolder } from '../support/serve-process.js'
import { startServer } from '../support/server.js'
import { PASSWORD, registerUser, registerUsers, type User } from '../support/user.js'

t.setTimeout(240_000)

interface Listed {
  readonly entries: readonly { readonly seq: number; readonly actor: string; readonly action: string }[]
  readonly more: boolean
  readonly head: { readonly seq: number; readonly hash: string }
}

const actionsOf = ({ entries }: Listed) => entries.map(({ action }) => action)
const own = async (user: User, query = '') => (await user.call('GET', `/me/audit${query}`)).json<Listed>()

t.test('an owner reads what was done with his account, and nothing of others', async (t) => {
  const server = await startServer(t)
  const { alice, bob } = await registerUsers(server, 'alice', 'bob')
  t.equal((await byPassword(server, alice, '/fetch-my')).status, 404, 'no key is kept')
  t.equal((await post(server, '/fetch-my', { username: 'alice', password: 'a wrong password' })).status, 401)
  const next = await renewed(server, alice)
  await renewed(server, bob)
  const { status } = await byPassword(server, alice, '/change-password', { newPassword: `${PASSWORD} 2` })
  t.equal(status, 204)
  const log = await own(next)
  t.same(actionsOf(log), ['register', 'renew', 'change-password'])
  t.match(log.entries, [
    { actor: 'alice', subject: 'alice', details: { address: '127.0.0.1' } },
    { details: { certificate: alice.fingerprint } },
    { details: { address: '127.0.0.1' } },
  ])
  t.match(log.head, { seq: log.entries.at(-1)?.seq, hash: /^[0-9a-f]{64}$/ })
  const first = await own(next, '?limit=1')
  t.same([actionsOf(first), first.more], [['register'], true])
  t.same(actionsOf(await own(next, `?limit=1&after=${first.entries[0]?.seq}`)), ['renew'])
  t.equal((await next.call('GET', '/admin/audit')).json().code, 'forbidden')
  t.equal((await next.call('GET', '/admin/audit/verification')).json().code, 'forbidden')

  await grant(server, bob, 'administrator')
  const all = (await bob.call('GET', '/admin/audit')).json<Listed>()
  t.equal(all.entries.length, all.head.seq)
  t.match((await bob.call('GET', '/admin/audit?username=alice')).json<Listed>().entries.length, log.entries.length)
  const { head } = (await bob.call('GET', `/admin/audit/verification?head=${log.head.hash}`)).json<Listed>()
  t.same(head, all.head)
})

t.test('each time that the locked key is given out stands there before it is', async (t) => {
  const server = await startServer(t)
  const alice = await registerUser(server, 'alice')
  const encryptedPrivateKey = await lockPrivateKey(alice.key, 'a password of its own')
  t.equal((await byPassword(server, alice, '/escrow', { encryptedPrivateKey })).status, 204)
  for (let n = 0; n < 2; n += 1) t.equal((await byPassword(server, alice, '/fetch-my')).status, 200)
  t.same(actionsOf(await own(alice)), ['register', 'replace-private-key', 'fetch-my', 'fetch-my'])
  const next = await recovered(server, alice)
  t.same(actionsOf(await own(next)).at(-1), 'recover')
  const csr = createCertificateRequest(next.key, 'alice')
  t.equal((await byPassword(server, alice, '/recover', { csr, reason: 'nonsense' })).status, 400)
  t.equal((await own(next)).entries.length, 5, 'what was refused does not')
})

t.test('a log without a row, and one that should have some', async (t) => {
  const directory = await temporaryFolder(t)
  const admin = adminIn(directory, await buildCommand())
  const server = await serve(t, { directory })
  server.child.kill('SIGTERM')
  await server.ended
  for (const args of [[], ['--head', '0'.repeat(64)]])
    t.match(await admin('audit', 'verify', ...args), {
      code: 0,
      stdout: 'The log has no row yet: there is nothing to verify, and no hash to keep.\n',
      stderr: '',
    })
  const head = 'ab'.repeat(32)
  t.match(await admin('audit', 'verify', '--head', head), {
    code: 1,
    stdout: `The row with the hash ${head} is missing: the log is empty, begun anew, or another one.\nCompare with a backup, and see whether HERMES_DATABASE_URL names the database you mean.\n`,
    stderr: '',
  })
  t.match((await admin('audit', 'verify', '--json', '--head', head)).json(), {
    head: { seq: 0, hash: '0'.repeat(64) },
    broken: {
      seq: 1,
      reason: `The row with the hash ${head} is missing: the log is empty, begun anew, or another one`,
    },
  })
})

t.test('hermes admin audit verify names the row that was tampered with', async (t) => {
  const command = await buildCommand()
  const directory = await temporaryFolder(t)
  const admin = adminIn(directory, command)
  const first = await serve(t, { directory })
  const server = await asTestServer(first, directory)
  const alice = await registerUser(server, 'alice')
  for (let n = 0; n < 3; n += 1) await renewed(server, await registerUser(server, `user-${n}`))
  const { head } = await own(alice)

  t.match(await admin('audit', '--username', 'alice'), {
    code: 0,
    stdout: /^SEQ +AT +ACTOR.*\n1 .* alice +register +alice/,
  })
  t.match((await admin('audit', '--after', '2', '--limit', '2', '--json')).json(), {
    entries: [{ seq: 3 }, { seq: 4 }],
  })
  const seqs = async (...args: string[]) =>
    (await admin('audit', ...args, '--json')).json<Listed>().entries.map(({ seq }) => seq)
  t.same(await seqs('--last', '2'), [6, 7], 'the newest')
  t.same(await seqs('--last', '2', '--after', '6'), [7])
  t.same(await seqs('--last', '1', '--username', 'user-1'), [5])
  t.same(await seqs('--username', 'user-1'), [4, 5])
  t.match(await admin('audit', '--last', '1', '--limit', '1'), { code: 2, stderr: /exclude each other/ })
  t.match(await admin('audit', '--username', 'alcie'), {
    code: 1,
    stdout: '',
    stderr: /^hermes: There is no user alcie.*\n$/,
  })
  t.match(await admin('audit', '--after', 'x'), { code: 2, stderr: /--after must be the number of a row/ })
  t.match(await admin('audit', 'verify', '--head', head.hash), {
    code: 0,
    stdout: new RegExp(`7 rows.*\n${head.hash}\n`),
  })
  t.match(await admin('audit', 'verify', '--head', 'abc'), { code: 1, stderr: /head/ })
  first.child.kill('SIGTERM')
  await first.ended

  const path = join(directory, 'data', 'hermes.db')
  const verified = async (sql: string, args: readonly string[] = []) => {
    const tampered = new Database(path)
    tampered.exec('DROP TRIGGER IF EXISTS "Audit_update"; DROP TRIGGER IF EXISTS "Audit_delete"')
    const rows = tampered.prepare('SELECT * FROM "Audit"').all()
    tampered.exec(sql)
    tampered.close()
    const outcome = await admin('audit', 'verify', '--json', ...args)
    const restored = new Database(path)
    restored.exec('DELETE FROM "Audit"')
    const insert = restored.prepare(
      'INSERT INTO "Audit" VALUES (@seq, @at, @actor, @action, @subject, @details, @previousHash, @hash)',
    )
    for (const row of rows) insert.run(row)
    restored.close()
    return outcome
  }
  const broken = async (seq: number, sql: string, args: readonly string[] = []) => {
    const outcome = await verified(sql, args)
    t.match({ code: outcome.code, ...outcome.json() }, { code: 1, broken: { seq }, head: { seq: seq - 1 } }, sql)
  }
  t.match(await verified('SELECT 1'), { code: 0 })
  await broken(3, `UPDATE "Audit" SET "actor" = 'mallory' WHERE "seq" = 3`)
  await broken(4, `UPDATE "Audit" SET "details" = '{not json' WHERE "seq" = 4`)
  await broken(2, `DELETE FROM "Audit" WHERE "seq" = 2`)
  await broken(5, 'UPDATE "Audit" SET "seq" = 99 WHERE "seq" = 5; UPDATE "Audit" SET "seq" = 5 WHERE "seq" = 6')
  await broken(
    3,
    `UPDATE "Audit" SET "seq" = -1 WHERE "seq" = 3; UPDATE "Audit" SET "seq" = 3 WHERE "seq" = 4;
    UPDATE "Audit" SET "seq" = 4 WHERE "seq" = -1`,
  )
  await broken(6, `DELETE FROM "Audit" WHERE "seq" >= 6`, ['--head', head.hash])
  await broken(8, 'SELECT 1', ['--head', randomBytes(32).toString('hex')])
  t.match(await admin('audit', 'verify', '--head', head.hash), { code: 0 })
})

t.test('the log is told, and verified, whatever somebody made of a row', async (t) => {
  const server = await startServer(t)
  const { alice } = await registerUsers(server, 'alice', 'bob', 'carol')
  await grant(server, alice, 'administrator')
  const db = new Database(join(server.directory, 'hermes.db'))
  t.teardown(() => db.close())
  db.exec('DROP TRIGGER "Audit_update"')
  const written = db.prepare('SELECT * FROM "Audit" WHERE "seq" = 2').get()
  const columns = ['at', 'actor', 'action', 'subject', 'details', 'previousHash', 'hash']
  const restore = db.prepare(
    `UPDATE "Audit" SET ${columns.map((name) => `"${name}" = @${name}`).join(', ')} WHERE "seq" = 2`,
  )
  for (const column of columns)
    for (const value of [`'{not json'`, `'null'`, `'[{"a":{}}]'`, `x'00ff'`, '9e99', '-1', '253402300800000']) {
      db.exec(`UPDATE "Audit" SET "${column}" = ${value} WHERE "seq" = 2`)
      const what = `${column} = ${value}`
      const { entries = [] } = (await alice.call('GET', '/admin/audit')).json<Partial<Listed>>()
      t.equal(entries.length, 4, what)
      t.equal((await alice.call('GET', '/me/audit')).status, 200, what)
      const verified = (await alice.call('GET', '/admin/audit/verification')).json()
      t.match(verified, { head: { seq: 1 }, broken: { seq: 2 } }, what)
      restore.run(written)
    }
  const { head, broken } = (await alice.call('GET', '/admin/audit/verification')).json()
  t.match([head, broken], [{ seq: 4 }, undefined])
})

t.test('the program itself cannot change what is written', async (t) => {
  const server = await startServer(t)
  await registerUser(server, 'alice')
  const db = new Database(join(server.directory, 'hermes.db'))
  t.teardown(() => db.close())
  t.throws(() => db.exec('DELETE FROM "Audit"'), /append-only/)
  t.throws(() => db.exec(`UPDATE "Audit" SET "actor" = 'bob'`), /append-only/)
  t.equal((await atConsole(server, 'GET', '/admin/audit/verification')).json<Listed>().head.seq, 1)
})
