import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { importDatabase } from '../../../src/server/transfer/import.js'
import { NO_POSTGRES, sql, testDatabase } from '../../store/postgres-database.js'
import { exported, filledDatabase, newFolder } from './installation.js'

const PROGRAM = fileURLToPath(new URL('import-until-killed.ts', import.meta.url))
/** Killed when all is written and nothing committed; answers the signal that ended it. */
function killed(url: string, folder: string): Promise<unknown> {
  return new Promise((resolve) => {
    const args = ['--import=tsx', PROGRAM, url, folder, 'read back', 'Audit']
    execFile(process.execPath, args, (error) => resolve(error?.signal))
  })
}

t.test('an import into SQLite that was killed has made no database, and the next one succeeds', async (t) => {
  const { folder, manifest } = await exported(t, await filledDatabase(t))
  const path = `${newFolder(t)}/hermes.db`
  t.equal(await killed(`file:${path}`, folder), 'SIGKILL')
  t.notOk(existsSync(path))
  t.ok(existsSync(`${path}.partial`))
  await importDatabase({ databaseUrl: `file:${path}` }, folder, () => {})
  t.notOk(existsSync(`${path}.partial`))
  t.same((await exported(t, `file:${path}`)).manifest, manifest)
})

t.test('one into PostgreSQL has left it empty', { skip: NO_POSTGRES }, async (t) => {
  const { folder, manifest } = await exported(t, await filledDatabase(t))
  const databaseUrl = await testDatabase(t)
  t.equal(await killed(databaseUrl, folder), 'SIGKILL')
  const counts = await sql(databaseUrl, `SELECT (SELECT count(*) FROM "User") + (SELECT count(*) FROM "Key") AS "rows"`)
  t.same(counts, [{ rows: '0' }])
  // The server of PostgreSQL may not have noticed yet.
  for (;;) {
    const error = await importDatabase({ databaseUrl }, folder, () => {}).catch((error: Error) => error)
    if (!(error instanceof Error)) break
    t.match(error, { message: /in use by another Hermes process/ })
  }
  t.same((await exported(t, databaseUrl)).manifest, manifest)
})
