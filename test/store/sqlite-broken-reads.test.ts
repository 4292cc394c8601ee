import { open as openFile } from 'node:fs/promises'
import Database from 'better-sqlite3'
import t from 'tap'
import { orUnavailable } from '../../src/store/sqlite/broken-reads.js'
import { openSqliteStore } from '../../src/store/sqlite/open.js'
import { register } from './upkeep-fixture.js'

const failing = (error: Error) => async () =>
  orUnavailable(() => {
    throw error
  })

t.test('what the disk does is unavailable, what a program does is not', async (t) => {
  for (const code of [
    'SQLITE_IOERR_READ',
    'SQLITE_CORRUPT',
    'SQLITE_NOTADB',
    'SQLITE_CANTOPEN',
    'SQLITE_BUSY_SNAPSHOT',
  ])
    await t.rejects(failing(new Database.SqliteError('no', code)), { code: 'unavailable' }, code)
  for (const error of [new Database.SqliteError('no', 'SQLITE_ERROR'), new TypeError('no')])
    await t.rejects(failing(error), error)
  t.equal(
    orUnavailable(() => 3),
    3,
  )
})

t.test('a file whose pages are gone', async (t) => {
  const path = `${t.testdir()}/hermes.db`
  const first = await openSqliteStore({ url: `file:${path}` })
  const user = await register(first)
  await first.close()
  const store = await openSqliteStore({ url: `file:${path}` })
  t.teardown(() => store.close().catch(() => undefined))
  const file = await openFile(path, 'r+')
  // All but the first page, which has the schema.
  const { size } = await file.stat()
  await file.write(Buffer.alloc(size - 4096, 0xff), 0, size - 4096, 4096)
  await file.close()
  await t.rejects(store.identities.findIdentity(user.username), { code: 'unavailable' })
  await t.rejects(store.audit.auditHead(), { code: 'unavailable' })
})
