import { chmod, open, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import t from 'tap'
import { adminIn } from '../support/admin-command.js'
import { buildCommand } from '../support/build.js'
import { conversationOf } from '../support/handshake.js'
import { connect } from '../support/hub-client.js'
import { asTestServer, serve, temporaryFolder } from '../support/serve-process.js'
import { registerUsers } from '../support/user.js'

t.setTimeout(300_000)

interface Answer {
  readonly checks: readonly {
    readonly name: string
    readonly status: string
    readonly detail: string
    remedy?: string
  }[]
}

t.test('hermes admin doctor finds what is planted, beside a running server and without', async (t) => {
  const command = await buildCommand()
  const directory = await temporaryFolder(t)
  const admin = adminIn(directory, command, { HERMES_IDENTITY_PORT: '0', HERMES_HUB_PORT: '0' })
  const database = join(directory, 'data', 'hermes.db')
  const certs = (name: string) => join(directory, 'certs', name)
  const examined = async () => {
    const outcome = await admin('doctor', '--json')
    const { checks } = outcome.json<Answer>()
    return { code: outcome.code, problems: checks.filter(({ status }) => status !== 'ok'), checks }
  }
  /** The checks that are not well, but for the root key, which is here after a first start. */
  const names = async () => {
    const { code, problems } = await examined()
    const errors = problems.filter(({ status }) => status === 'error')
    t.equal(code, errors.length === 0 ? 0 : 1)
    t.ok(problems.every(({ remedy }) => remedy !== undefined))
    return problems.map(({ name }) => name).filter((name) => name !== 'root key')
  }
  const sql = (text: string) => {
    const db = new Database(database)
    db.exec(text)
    db.close()
  }

  const server = await serve(t, { directory })
  const running = await asTestServer(server, directory)
  const { alice, bob } = await registerUsers(running, 'alice', 'bob')
  const parties = [alice, bob].map(async (user) => ({ user, client: await connect(t, running, user) }))
  const [a, b] = await Promise.all(parties)
  if (!a || !b) throw new Error('there are two')
  const conversation = await conversationOf(running, a, b)
  await b.client.call('leave', { conversation })
  t.same(await names(), [])
  t.match(
    (await admin('doctor')).stdout,
    /WARNING {2}root key[\s\S]*→ move[\s\S]*ok {7}database integrity[\s\S]*0 errors, 1 warning\n$/,
  )
  server.child.kill('SIGTERM')
  await server.ended
  t.same(await names(), [])

  await rename(certs('root-ca.key'), join(directory, 'root-ca.key'))
  await symlink('/nowhere/old.key', certs('old.key'))
  t.equal((await examined()).problems.length, 0)
  await chmod(certs('users-ca.key'), 0o644)
  t.same(await names(), ['private keys'])
  await chmod(certs('users-ca.key'), 0o600)

  const key = await readFile(certs('users-ca.key'))
  await writeFile(certs('users-ca.key'), await readFile(certs('servers-ca.key')))
  t.same(await names(), ['certificate authorities', 'CRL of the root'])
  await writeFile(certs('users-ca.key'), key)
  await rename(certs('root-ca.crl'), join(directory, 'root-ca.crl'))
  t.same(await names(), ['CRL of the root'])
  await rename(join(directory, 'root-ca.crl'), certs('root-ca.crl'))

  for (const [file, text] of [
    ['server.key', key],
    ['server.pem', 'no PEM'],
  ] as const) {
    const good = await readFile(certs(file))
    await writeFile(certs(file), text)
    t.same(await names(), ['server certificate'], file)
    await rm(certs(file))
    t.same(await names(), ['server certificate'], `without ${file}`)
    await writeFile(certs(file), good, { mode: 0o600 })
  }
  const own = adminIn(directory, command, { HERMES_TLS_CERT_FILE: 'certs/server.pem', HERMES_TLS_KEY_FILE: 'none.key' })
  t.match((await own('doctor')).stdout, /ERROR {4}server certificate: none\.key: the file is missing/)
  sql('ALTER TABLE "Notice" RENAME TO "Gone"')
  t.match((await examined()).problems, [{ name: 'database schema', detail: /added Notice, Gone$/ }])
  sql('ALTER TABLE "Gone" RENAME TO "Notice"')
  t.same(await names(), [])

  sql('UPDATE "Participant" SET "toSeq" = NULL WHERE "toSeq" IS NOT NULL')
  t.same(await names(), ['projections'])
  sql('UPDATE "Participant" SET "fromSeq" = 2 WHERE "fromSeq" = 1')
  t.match((await examined()).problems[0]?.detail, /alice is stored as a member from 2.*a stay that the log tells of/)
  sql('UPDATE "Participant" SET "fromSeq" = 1 WHERE "fromSeq" = 2')
  sql('UPDATE "Participant" SET "toSeq" = (SELECT "seq" FROM "Event" WHERE "type" = \'left\') WHERE "fromSeq" > 1')
  t.same(await names(), [])
  sql('DROP TRIGGER "Audit_update"; UPDATE "Audit" SET "actor" = \'mallory\' WHERE "seq" = 1')
  t.same(await names(), ['database schema', 'audit log'])
  sql('UPDATE "Audit" SET "actor" = "subject" WHERE "seq" = 1')
  sql(
    `CREATE TRIGGER "Audit_update" BEFORE UPDATE ON "Audit" BEGIN SELECT raise(ABORT, 'the audit log is append-only'); END`,
  )
  sql(`DROP TRIGGER "Audit_delete"; CREATE TRIGGER "Audit_delete" BEFORE DELETE ON "Audit" BEGIN SELECT 1; END`)
  sql(`CREATE TRIGGER "Backdoor" AFTER INSERT ON "User" BEGIN UPDATE "User" SET "role" = 'administrator'; END`)
  t.match((await examined()).problems[0], { name: 'database schema', detail: /added Audit_delete, Backdoor$/ })
  sql(`DROP TRIGGER "Backdoor"; DROP TRIGGER "Audit_delete"`)
  sql(
    `CREATE TRIGGER "Audit_delete" BEFORE DELETE ON "Audit" BEGIN SELECT raise(ABORT, 'the audit log is append-only'); END`,
  )
  sql(`UPDATE "Device" SET "lastSeenAt" = ${Date.now() + 86_400_000}`)
  t.same(await names(), ['clock'])
  sql(`UPDATE "Device" SET "lastSeenAt" = ${Date.now()}`)
  sql(
    'PRAGMA foreign_keys = OFF; DELETE FROM "User" WHERE "username" = \'bob\'; DELETE FROM "Participant" WHERE "userId" = 2',
  )
  t.ok((await names()).includes('database integrity'))

  const file = await open(database, 'r+')
  const { size } = await file.stat()
  await file.write(Buffer.alloc(8192, 0xff), 0, 8192, Math.floor(size / 8192) * 4096)
  await file.close()
  t.ok((await names()).includes('database integrity'))
  await rm(database)
  t.ok((await names()).includes('database file'))
})
