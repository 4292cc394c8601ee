import { appendFileSync, existsSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { chown, stat } from 'node:fs/promises'
import { createServer } from 'node:net'
import Database from 'better-sqlite3'
import t, { type Test } from 'tap'
import { importDatabase } from '../../../src/server/transfer/import.js'
import { Prisma } from '../../../src/store/generated/sqlite/client.js'
import { openPostgresStore } from '../../../src/store/postgres/open.js'
import { openSqliteStore } from '../../../src/store/sqlite/open.js'
import { newUser } from '../../store/fixtures.js'
import { NO_POSTGRES, sql, testDatabase } from '../../store/postgres-database.js'
import { exported, filledDatabase, newFolder } from './installation.js'

const silent = () => {}
const newSqlite = (t: Test) => `file:${newFolder(t)}/data/hermes.db`

t.test('what was exported is imported as it was, on SQLite', async (t) => {
  const { folder, manifest } = await exported(t, await filledDatabase(t))
  t.same(Object.keys(manifest.tables).sort(), Object.keys(Prisma.ModelName).sort(), 'every table')
  for (const [name, { rows }] of Object.entries(manifest.tables)) t.ok(rows > 0, `${name} has rows`)
  const databaseUrl = newSqlite(t)
  await importDatabase({ databaseUrl }, folder, silent)
  const again = await exported(t, databaseUrl)
  t.same(again.manifest, manifest)
  const store = await openSqliteStore({ url: databaseUrl })
  t.teardown(() => store.close())
  t.equal((await store.installation())?.trustDomain, 'example.org')
})

t.test('SQLite to PostgreSQL and back: each table has the hash that it had', { skip: NO_POSTGRES }, async (t) => {
  const { folder, manifest } = await exported(t, await filledDatabase(t))
  const postgres = await testDatabase(t)
  await importDatabase({ databaseUrl: postgres }, folder, silent)
  const there = await exported(t, postgres)
  t.same(there.manifest, manifest)
  const databaseUrl = newSqlite(t)
  await importDatabase({ databaseUrl }, there.folder, silent)
  t.same((await exported(t, databaseUrl)).manifest, manifest)

  const ids = await sql<{ id: number }>(
    postgres,
    `INSERT INTO "Device" ("userId", "name", "createdAt", "lastSeenAt") VALUES (1, 'new', now(), now()) RETURNING "id"`,
  )
  t.equal(ids[0]?.id, (manifest.lastIds.Device ?? 0) + 1, 'an id that was given is not given again')
  await t.rejects(importDatabase({ databaseUrl: postgres }, folder, silent), {
    code: 'invalid_request',
    message: /not empty: there are rows in User/,
  })
})

t.test('the key of the bus stays where it is: another database gets another', { skip: NO_POSTGRES }, async (t) => {
  const [here, there] = [await testDatabase(t), await testDatabase(t)]
  const keyOf = async (url: string) => {
    const store = await openPostgresStore({ url })
    const key = await store.busKey()
    await store.close()
    return key
  }
  const key = await keyOf(here)
  const { folder } = await exported(t, here)
  const [bytes, meta] = [key.export(), readFileSync(`${folder}/Meta.ndjson`, 'utf8')]
  for (const encoding of ['base64', 'hex'] as const) t.notMatch(meta, bytes.toString(encoding))
  await importDatabase({ databaseUrl: there }, folder, silent)
  t.notOk((await keyOf(there)).equals(key))
  t.ok((await keyOf(here)).equals(key))
})

const NO_ROOT = process.getuid?.() === 0 ? false : 'only root gives files away'

t.test('what root imports is the owner’s of the folder around it', { skip: NO_ROOT }, async (t) => {
  const { folder } = await exported(t, await filledDatabase(t))
  const around = newFolder(t)
  await chown(around, 1234, 1234)
  await importDatabase({ databaseUrl: `file:${around}/data/hermes.db` }, folder, silent)
  for (const path of ['data', 'data/hermes.db']) t.equal((await stat(`${around}/${path}`)).uid, 1234, path)
})

t.test('a file that is not as it was written is refused by its name, and nothing is made', async (t) => {
  const { folder, manifest } = await exported(t, await filledDatabase(t))
  const path = (name: string) => `${folder}/${name}`
  const databaseUrl = newSqlite(t)
  const refused = async (message: RegExp) => {
    await t.rejects(importDatabase({ databaseUrl }, folder, silent), { message })
    t.notOk(existsSync(databaseUrl.slice('file:'.length)))
  }
  const broken = async (name: string, spoil: (path: string) => void, message: RegExp) => {
    const before = readFileSync(path(name))
    spoil(path(name))
    await refused(message)
    writeFileSync(path(name), before)
  }
  const replace = (from: string | RegExp, to: string) => (file: string) =>
    writeFileSync(file, readFileSync(file, 'utf8').replace(from, to))
  await broken('Event.ndjson', replace('🦊', '🐻'), /Event\.ndjson is not as it was written/)
  await broken('User.ndjson', (file) => truncateSync(file, 1000), /User\.ndjson has \d+ rows and not \d+/)
  await broken('Key.ndjson', (file) => appendFileSync(file, '["x"]'), /Key\.ndjson has \d+ rows/)
  await broken('Audit.ndjson', (file) => rmSync(file), /Audit\.ndjson cannot be read \(ENOENT\)/)
  await broken('manifest.json', (file) => renameSync(file, `${file}.old`), /is no export: it has no manifest\.json/)
  await broken('manifest.json', (file) => truncateSync(file, 100), /manifest\.json is not what this program writes/)
  await broken('manifest.json', replace('"Notice"', '"Other"'), /names no table Notice/)
  await broken('manifest.json', replace('"passwordHash"', '"secret"'), /of another version.*User.*secret/)
  const { Device = 0 } = manifest.lastIds
  await broken('manifest.json', replace(`"Device": ${Device}`, '"Device": 1'), /did not keep the last ids/)
  await importDatabase({ databaseUrl }, folder, silent)
})

t.test('a database that a server has, or that is there already, is left alone', async (t) => {
  const url = await filledDatabase(t)
  const { folder } = await exported(t, url)
  await t.rejects(importDatabase({ databaseUrl: url }, folder, silent), {
    code: 'invalid_request',
    message: /hermes\.db is in the way/,
  })
  await t.rejects(exported(t, newSqlite(t)), { code: 'unavailable', message: /There is no database/ })
  const store = await openSqliteStore({ url, exclusive: true })
  t.teardown(() => store.close())
  await t.rejects(exported(t, url), { code: 'unavailable', message: /in use by another Hermes process/ })
  await store.identities.register(newUser())
})

t.test('a PostgreSQL that is not there is named, with what to do', async (t) => {
  const { folder } = await exported(t, await filledDatabase(t))
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as { readonly port: number }
  await new Promise((resolve) => server.close(resolve))
  const databaseUrl = `postgresql://nobody@127.0.0.1:${port}/none`
  const refusal = {
    code: 'unavailable',
    message: /127\.0\.0\.1:\d+\/none cannot be reached: .*check that PostgreSQL runs/,
  }
  await t.rejects(importDatabase({ databaseUrl }, folder, silent), refusal)
  await t.rejects(exported(t, databaseUrl), refusal)
})

t.test('a row that the database does not take is named, and nothing is imported', async (t) => {
  const url = await filledDatabase(t)
  const db = new Database(url.slice('file:'.length))
  db.pragma('foreign_keys = OFF')
  db.exec('DELETE FROM "User" WHERE "id" = 5')
  db.close()
  const { folder } = await exported(t, url)
  const databaseUrl = newSqlite(t)
  const refusal = { code: 'unavailable', message: /Rows \d+ to \d+ of (Escrow|Key) cannot be stored: FOREIGN KEY/ }
  await t.rejects(importDatabase({ databaseUrl }, folder, silent), refusal)
  t.notOk(existsSync(databaseUrl.slice('file:'.length)))
  t.notOk(existsSync(`${databaseUrl.slice('file:'.length)}.partial`))
})
