import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import Database from 'better-sqlite3'
import t, { type Test } from 'tap'
import { cannotOpen } from '../../src/store/sqlite/database-file.js'
import { openSqliteStore } from '../../src/store/sqlite/open.js'
import { append, EVERYTHING, entry, event, newUser, registered, started, T0 } from './fixtures.js'

const mode = (path: string) => statSync(path).mode & 0o777

t.test('the folder and the database are made for their owner alone', async (t) => {
  const folder = `${t.testdir()}/new/data`
  const store = await openSqliteStore({ url: `file:${folder}/hermes.db` })
  t.teardown(() => store.close())
  await registered(store)
  t.equal(mode(folder), 0o700)
  for (const suffix of ['', '-wal', '-shm']) t.equal(mode(`${folder}/hermes.db${suffix}`), 0o600, `hermes.db${suffix}`)
})

t.test('what was stored is there when it is opened again', async (t) => {
  const url = `file:${t.testdir()}/hermes.db`
  const first = await openSqliteStore({ url })
  const alice = await registered(first)
  const conversation = await started(first, alice)
  const appended = append(first, entry(conversation.id, [event(2, alice.userId)]))
  const device = await first.log.openDevice(alice.userId, 'laptop', new Date(T0), 16)
  first.log.acknowledge(device.id, conversation.id, 2)
  await first.close()
  t.same((await appended).failure, null, 'closing waits for what was appended')

  const second = await openSqliteStore({ url })
  t.teardown(() => second.close())
  t.equal((await second.identities.findIdentity(alice.username))?.user.id, alice.userId)
  t.same(
    (await second.log.read(conversation.id, EVERYTHING)).map(({ seq }) => seq),
    [1, 2],
  )
  const again = await second.log.openDevice(alice.userId, 'laptop', new Date(T0), 16)
  t.equal((await second.log.openMailbox(again, 9)).conversations[0]?.ackedSeq, 2, 'closing stores acknowledgements')

  await append(second, entry(conversation.id, [event(3, alice.userId)]))
  t.same(await Promise.all([1, 2, 3, 4].map((seq) => second.log.wasStoredBefore(conversation.id, seq))), [
    true,
    true,
    false,
    false,
  ])
})

t.test('a closed store leaves one file', async (t) => {
  const folder = t.testdir()
  const store = await openSqliteStore({ url: `file:${folder}/hermes.db` })
  await registered(store)
  await store.close()
  t.throws(() => statSync(`${folder}/hermes.db-wal`), { code: 'ENOENT' })
})

t.test('a deleted name stays taken, and is not found', async (t) => {
  const path = `${t.testdir()}/hermes.db`
  const store = await openSqliteStore({ url: `file:${path}` })
  t.teardown(() => store.close())
  const { userId, username, fingerprint } = await registered(store)
  const db = new Database(path)
  db.prepare('UPDATE "User" SET "deletedAt" = ? WHERE "id" = ?').run(T0, userId)
  db.close()
  t.equal(await store.identities.findIdentity(username), null)
  t.match(await store.identities.findByFingerprint(fingerprint), { user: { username, deletedAt: new Date(T0) } })
  await t.rejects(store.identities.register(newUser({ username })), { code: 'username_taken' })
})

t.test('a device that acknowledges is seen', async (t) => {
  let now = new Date(T0)
  const inDays = (days: number) => new Date(T0 + days * 24 * 3600 * 1000)
  const store = await openSqliteStore({ url: `file:${t.testdir()}/hermes.db`, now: () => now })
  t.teardown(() => store.close())
  const alice = await registered(store)
  const { id } = await started(store, alice)
  const open = () => store.log.openDevice(alice.userId, 'laptop', now, 16)
  const device = await open()
  now = inDays(80)
  store.log.acknowledge(device.id, id, 1)
  await store.log.openMailbox(device, 9)
  now = inDays(160)
  t.same(await open(), device)
  now = inDays(251)
  t.not((await open()).id, device.id)
})

t.test('an acknowledgement that nobody waits for is stored by itself', async (t) => {
  const path = `${t.testdir()}/hermes.db`
  const store = await openSqliteStore({ url: `file:${path}` })
  t.teardown(() => store.close())
  const alice = await registered(store)
  const { id } = await started(store, alice)
  const device = await store.log.openDevice(alice.userId, 'laptop', new Date(T0), 16)
  const db = new Database(path, { readonly: true })
  t.teardown(() => db.close())
  const stored = db.prepare('SELECT "seq" FROM "Cursor" WHERE "deviceId" = ?').pluck()
  store.log.acknowledge(device.id, id, 1)
  while (stored.get(device.id) === undefined) await setTimeout(10)
  t.equal(stored.get(device.id), 1)
})

t.test('counted logins do not pile up', async (t) => {
  const path = `${t.testdir()}/hermes.db`
  const store = await openSqliteStore({ url: `file:${path}` })
  t.teardown(() => store.close())
  const policy = { failures: 5, windowMs: 900_000, lockMs: 900_000, maxLockMs: 3_600_000 }
  const count = (address: string, at: number) =>
    store.identities.countAttempt({ username: 'x', address }, new Date(at), policy)
  for (let i = 0; i < 10; i++) await count(`192.0.2.${i}`, T0)
  await count('192.0.2.200', T0 + policy.windowMs)
  const db = new Database(path, { readonly: true })
  t.teardown(() => db.close())
  t.equal(db.prepare('SELECT count(*) FROM "LoginFailure"').pluck().get(), 1)
})

t.test('a database that cannot be used is refused with one line', async (t) => {
  const folder = t.testdir()
  const refused = (t: Test, name: string, code: string, message: RegExp) =>
    t.rejects(openSqliteStore({ url: `file:${folder}/${name}` }), { code, message }, name)

  await t.test('of a newer program', async (t) => {
    const path = `${folder}/newer.db`
    await (await openSqliteStore({ url: `file:${path}` })).close()
    const db = new Database(path)
    db.exec('UPDATE "Meta" SET "schemaVersion" = 99')
    db.close()
    const before = readFileSync(path)
    await refused(
      t,
      'newer.db',
      'invalid_request',
      /newer\.db has schema version 99, newer than this program's \d+; run/,
    )
    t.ok(readFileSync(path).equals(before), 'and left as it was')
  })

  await t.test('of another program', async (t) => {
    const path = `${folder}/other.db`
    const db = new Database(path)
    db.exec('CREATE TABLE "Song" ("id" INTEGER)')
    db.close()
    const before = readFileSync(path)
    await refused(t, 'other.db', 'invalid_request', /other\.db belongs to another program; name another file/)
    t.ok(readFileSync(path).equals(before), 'and left as it was')
  })

  await t.test('damaged', async (t) => {
    writeFileSync(
      `${folder}/text.db`,
      'This is no database, but text that is long enough to be read as one. '.repeat(99),
    )
    await refused(t, 'text.db', 'unavailable', /text\.db is damaged or no SQLite database; restore/)

    await (await openSqliteStore({ url: `file:${folder}/cut.db` })).close()
    writeFileSync(`${folder}/cut.db`, readFileSync(`${folder}/cut.db`).subarray(0, 6000))
    await refused(t, 'cut.db', 'unavailable', /cut\.db is damaged/)
  })

  await t.test('in a place that cannot be written', async (t) => {
    writeFileSync(`${folder}/file`, '')
    await refused(t, 'file/hermes.db', 'unavailable', /file\/hermes\.db cannot be opened/)
    mkdirSync(`${folder}/directory.db`)
    await refused(t, 'directory.db', 'unavailable', /directory\.db cannot be/)
    mkdirSync(`${folder}/locked`, { mode: 0o500 })
    const isRoot = process.geteuid?.() === 0
    // Nothing is forbidden to root, so the attempt is made as nobody.
    if (isRoot) process.seteuid?.(65_534)
    t.teardown(() => isRoot && process.seteuid?.(0))
    await refused(t, 'locked/hermes.db', 'unavailable', /locked\/hermes\.db cannot be written \(EACCES\); let the user/)
  })

  await t.test('no database at all', async (t) => {
    for (const url of [
      'postgresql://localhost/hermes',
      'file:',
      'file::memory:',
      'file://host/x.db',
      'file:x.db?mode=ro',
    ])
      await t.rejects(openSqliteStore({ url }), { code: 'invalid_request', message: /file:\.\/data\/hermes\.db/ }, url)
  })
})

t.test('two that open a new database at once both find it whole', async (t) => {
  const url = `file:${t.testdir()}/hermes.db`
  const stores = await Promise.all([openSqliteStore({ url }), openSqliteStore({ url })])
  t.teardown(() => Promise.all(stores.map((store) => store.close())))
  for (const store of stores) await t.resolves(registered(store))
})

t.test('every connection that writes is durable', async (t) => {
  const path = `${t.testdir()}/hermes.db`
  const { openWriter } = await import('../../src/store/sqlite/connection.js')
  await (await openSqliteStore({ url: `file:${path}` })).close()
  const db = openWriter(path)
  t.teardown(() => db.close())
  const pragma = (name: string) => db.pragma(name, { simple: true })
  t.same(['journal_mode', 'synchronous', 'foreign_keys'].map(pragma), ['wal', 2, 1])
})

t.test('a better-sqlite3 that is not built for this Node.js is told apart from a file that is bad', (t) => {
  const missing = new Error('Could not locate the bindings file. Tried:\n → a\n → b')
  const other = Object.assign(new Error('was compiled against a different version'), { code: 'ERR_DLOPEN_FAILED' })
  for (const cause of [missing, other])
    t.match(cannotOpen('x.db', cause).message, /^The database x\.db cannot be opened: better-sqlite3 .* npm rebuild/)
  t.end()
})
