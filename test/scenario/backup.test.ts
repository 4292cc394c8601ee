import { createHash } from 'node:crypto'
import { chown, mkdir, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import t from 'tap'
import { openCertificates } from '../../src/server/certificate-files.js'
import { adminIn } from '../support/admin-command.js'
import { buildCommand } from '../support/build.js'
import { asTestServer, serve, temporaryFolder } from '../support/serve-process.js'
import { registerUsers } from '../support/user.js'

t.setTimeout(300_000)

t.test('hermes admin backup copies a server that runs, whole and for its owner alone', async (t) => {
  const command = await buildCommand()
  const directory = await temporaryFolder(t)
  const admin = adminIn(directory, command)
  const server = await serve(t, { directory })
  const running = await asTestServer(server, directory)
  await registerUsers(running, 'alice')

  // While others register: the copy has whoever was there before it, and is of one moment.
  const [outcome] = await Promise.all([admin('backup', 'copy', '--json'), registerUsers(running, 'bob', 'carol')])
  t.match(outcome, { code: 0, stderr: '' })
  const { folder, files } = outcome.json<{ folder: string; files: string[] }>()
  t.equal(folder, join(directory, 'copy'))
  t.same(await readdir(folder), ['certs', 'hermes.db', 'manifest.json'])
  t.equal((await stat(folder)).mode & 0o777, 0o700)
  t.equal((await stat(join(folder, 'certs'))).mode & 0o777, 0o700)
  for (const file of files) t.equal((await stat(join(folder, file))).mode & 0o777, 0o600, file)
  for (const name of (await readdir(join(directory, 'certs'))).filter((each) => each !== '.lock'))
    t.same(await readFile(join(folder, 'certs', name)), await readFile(join(directory, 'certs', name)), name)
  const copy = new Database(join(folder, 'hermes.db'), { readonly: true })
  t.equal(copy.prepare(`SELECT count(*) FROM "User" WHERE "username" = 'alice'`).pluck().get(), 1)
  t.equal(copy.pragma('integrity_check', { simple: true }), 'ok')
  t.same(copy.pragma('foreign_key_check'), [])
  copy.close()

  const database = await readFile(join(folder, 'hermes.db'))
  t.match(await admin('backup', 'copy'), { code: 1, stderr: /copy exists, and a backup replaces nothing/ })
  t.same(await readFile(join(folder, 'hermes.db')), database)
  t.match(await admin('backup', 'none/copy'), { code: 1, stderr: /There is no folder .*none: mkdir -p -m 700 .*none/ })

  server.child.kill('SIGTERM')
  await server.ended
  // As mounted secrets are, and what an editor leaves behind.
  await rename(join(directory, 'certs', 'users-ca.key'), join(directory, 'mounted.key'))
  await symlink(join(directory, 'mounted.key'), join(directory, 'certs', 'users-ca.key'))
  await writeFile(join(directory, 'certs', 'server.pem~'), 'left behind')
  t.match(await admin('backup', 'second'), { code: 0, stdout: /second has \d+ files, private keys among them/ })
  const saved = await readdir(join(directory, 'second', 'certs'))
  t.ok(saved.includes('users-ca.key'))
  t.notOk(saved.includes('server.pem~'), 'which is no file of a CA')

  await writeFile(join(directory, 'second', 'certs', 'evil.pem'), 'in no manifest')
  await mkdir(join(directory, 'elsewhere'))
  const target = join(directory, 'elsewhere', 'hermes.db')
  await writeFile(`${target}.partial-wal`, 'of a restore that was killed')
  const there = { HERMES_CERTS_DIR: join(directory, 'elsewhere', 'certs'), HERMES_DATABASE_URL: `file:${target}` }
  t.match(await adminIn(directory, command, there)('restore', 'second'), { code: 0, stderr: '' })
  t.same(await readdir(there.HERMES_CERTS_DIR), saved)
  t.notOk((await readdir(join(directory, 'elsewhere'))).some((name) => name.includes('partial')))

  const manifest = join(directory, 'second', 'manifest.json')
  const { files: named, ...rest } = JSON.parse(await readFile(manifest, 'utf8'))
  const fresh = { HERMES_CERTS_DIR: join(directory, 'fresh', 'certs'), HERMES_DATABASE_URL: 'file:fresh/hermes.db' }
  const restored = async (files: object) => {
    await writeFile(manifest, JSON.stringify({ ...rest, files }))
    return adminIn(directory, command, fresh)('restore', 'second')
  }
  const { 'certs/users-ca.key': _gone, ...without } = named
  t.match(await restored(without), { code: 1, stderr: /manifest\.json does not name certs\/users-ca\.key/ })
  await writeFile(join(directory, 'escaped.pem'), 'x')
  const hash = createHash('sha256').update('x').digest('hex')
  await mkdir(join(directory, 'fresh'))
  await writeFile(join(directory, 'fresh', 'hermes.db-journal'), '')
  t.match(await restored(named), { code: 1, stderr: /hermes\.db-journal is in the way/ })
  await rm(join(directory, 'fresh'), { recursive: true })
  t.match(await restored({ ...named, '../escaped.pem': hash }), { code: 0 })
  t.same(await readdir(fresh.HERMES_CERTS_DIR), saved, 'a file of no meaning is left where it is')

  const asRoot = process.getuid?.() === 0 ? {} : { skip: 'only root gives a file to another user' }
  await t.test("what root restores is the owner's of the folder around it", asRoot, async (t) => {
    const theirs = join(directory, 'theirs')
    await mkdir(theirs)
    await chown(theirs, 12_345, 12_345)
    const env = { HERMES_CERTS_DIR: 'theirs/a/certs', HERMES_DATABASE_URL: 'file:theirs/data/hermes.db' }
    t.match(await adminIn(directory, command, env)('restore', 'second'), { code: 0 })
    const found = await readdir(theirs, { recursive: true })
    t.ok(found.includes('data/hermes.db') && found.includes('a/certs/users-ca.key'))
    for (const name of found) t.equal((await stat(join(theirs, name))).uid, 12_345, name)
  })

  await t.test('a database is not backed up with the certificates of another, or of none', async (t) => {
    const made = async (HERMES_CERTS_DIR: string) =>
      adminIn(directory, command, { HERMES_CERTS_DIR })('backup', 'fourth')
    await mkdir(join(directory, 'empty'))
    t.match(await made('empty'), {
      code: 1,
      stderr: /empty has no root-ca\.pem, so no backup was made: let HERMES_CER/,
    })
    const other = { directory: join(directory, 'other'), passphraseFile: null, tlsCertFile: null, tlsKeyFile: null }
    await openCertificates({ ...other, hostnames: ['localhost'], now: new Date() })
    t.match(await made('other'), { code: 1, stderr: /other belongs to another database, so no backup was made/ })
    t.notOk((await readdir(directory)).some((name) => name.startsWith('.hermes-backup') || name === 'fourth'))
  })

  await mkdir(join(directory, 'certs', '.ready'))
  t.match(await admin('backup', 'third'), { code: 1, stderr: /are being replaced, so no backup was made/ })

  await rm(join(directory, 'certs', '.ready'), { recursive: true })
  const abandoned = `.hermes-backup-${2 ** 22 + 1}-of-a-process-that-was-killed`
  const own = `.hermes-backup-${process.pid}-of-one-that-runs`
  for (const name of [abandoned, own]) await mkdir(join(directory, name))
  t.match(await admin('backup', 'fourth'), { code: 0 })
  const left = (await readdir(directory)).filter((name) => name.startsWith('.hermes-backup'))
  t.same(left, [own])

  const broken = join(directory, 'broken')
  await mkdir(broken)
  await writeFile(join(directory, 'data', 'hermes.db'), 'no database')
  t.equal((await admin('backup', 'broken/copy')).code, 1)
  t.same(await readdir(broken), [], 'nothing half done stays')
})
