import { readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { NO_POSTGRES, sql, testDatabase } from '../store/postgres-database.js'
import { adminIn } from '../support/admin-command.js'
import { buildCommand } from '../support/build.js'
import { connect } from '../support/hub-client.js'
import { asTestServer, serve, temporaryFolder } from '../support/serve-process.js'
import { registerUsers } from '../support/user.js'

t.setTimeout(300_000)

interface Checks {
  readonly checks: readonly { readonly name: string; readonly status: string; readonly detail: string }[]
}

t.test(
  'a server on PostgreSQL is looked at, administered, backed up and restored',
  { skip: NO_POSTGRES },
  async (t) => {
    const command = await buildCommand()
    const directory = await temporaryFolder(t)
    const [first, second] = [await testDatabase(t), await testDatabase(t)]
    const adminOf = (url: string) =>
      adminIn(directory, command, { HERMES_DATABASE_URL: url, HERMES_IDENTITY_PORT: '0', HERMES_HUB_PORT: '0' })
    const admin = adminOf(first)
    const path = (...names: readonly string[]) => join(directory, ...names)

    t.match(await admin('list-users'), { code: 1, stderr: /There is no installation in postgresql:\/\/[^@]*: run/ })
    const running = await serve(t, { directory, environment: { HERMES_DATABASE_URL: first } })
    const server = await asTestServer(running, directory)
    const { alice, bob } = await registerUsers(server, 'alice', 'bob')
    const client = await connect(t, server, alice)
    const { conversation } = await client.call('start', { participants: [{ certificate: bob.certificate }] })

    const doctor = await admin('doctor', '--json')
    const failed = doctor.json<Checks>().checks.filter(({ status }) => status === 'error')
    t.same(failed, [])
    t.match(
      doctor.json<Checks>().checks.find(({ name }) => name === 'database server'),
      { status: 'ok', detail: /^PostgreSQL \d+.* at postgresql:\/\/[^@]*$/ },
      'without the password',
    )
    t.match(await admin('show', 'alice'), { code: 0, stdout: /alice/ })
    t.match(await admin('export', 'export'), { code: 1, stderr: /in use by another Hermes process/ })

    const made = await admin('backup', 'backup', '--json')
    t.ok(made.json<{ files: string[] }>().files.includes('database/User.ndjson'), made.stderr)
    t.same(await readdir(path('backup')), ['certs', 'database', 'manifest.json'])
    running.child.kill('SIGKILL')
    await running.ended

    t.match(await admin('grant', 'bob'), { code: 0 }, 'without a server')
    t.match(await admin('rotate-ca', 'users', '--json').then((one) => one.json()), { taken: true })
    await rename(path('certs'), path('certs.old'))
    t.match(await admin('restore', 'backup'), { code: 1, stderr: /not empty: there are rows in User/ })
    t.same(await readdir(path()).then((names) => names.includes('certs')), false, 'nothing was made')
    const anew = adminOf(second)
    t.match(await anew('restore', 'backup'), { code: 0, stdout: /Start the server/ })
    t.match(await anew('restore', 'backup'), { code: 1, stderr: /is in the way/ })
    const seqs = await sql<{ lastSeq: string }>(second, 'SELECT "lastSeq" FROM "Conversation" WHERE "uuid" = $1', [
      conversation,
    ])
    t.same(seqs, [{ lastSeq: String(2 ** 32 + 1) }], 'it goes on far behind what was seen')

    const ports = {
      HERMES_IDENTITY_PORT: new URL(server.identityUrl).port,
      HERMES_HUB_PORT: new URL(server.hubUrl).port,
    }
    await serve(t, { directory, environment: { HERMES_DATABASE_URL: second, ...ports } })
    t.match((await alice.call('GET', '/me')).json(), { role: 'user' })
    t.match((await bob.call('GET', '/me')).json(), { role: 'user' }, 'of before the role was given')

    await rm(path('certs.old'), { recursive: true })
  },
)
