import { createServer } from 'node:net'
import t from 'tap'
import { SILENT } from '../../src/store/logger.js'
import { postgresAddress } from '../../src/store/postgres/address.js'
import { migrate, readMigrations } from '../../src/store/postgres/migrations.js'
import { openPools, POOL_LIMITS } from '../../src/store/postgres/pools.js'
import { prismaWriter } from '../../src/store/postgres/prisma.js'
import { postgresReaders } from '../../src/store/postgres/readers.js'
import { row } from '../../src/store/work.js'
import { gateTo } from './gate.js'
import { NO_POSTGRES, sql, testDatabase } from './postgres-database.js'

const TERMINATE = `
  SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`

t.test('where no PostgreSQL is, reads are refused as unavailable', async (t) => {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as { readonly port: number }
  await new Promise((resolve) => server.close(resolve))
  const pools = openPools(postgresAddress(`postgresql://nobody@127.0.0.1:${port}/none`), POOL_LIMITS, SILENT)
  t.teardown(() => pools.close())
  await t.rejects(postgresReaders(pools.readers).read(row('SELECT 1')), { code: 'unavailable' })
})

t.test('connections that the server ended are made again', { skip: NO_POSTGRES }, async (t) => {
  const url = await testDatabase(t)
  const pools = openPools(postgresAddress(url), POOL_LIMITS, SILENT)
  t.teardown(() => pools.close())
  const { read } = postgresReaders(pools.readers)
  const lost = new Promise((resolve) => pools.readers.once('error', resolve))
  await read(row('SELECT 1'))
  await sql(url, TERMINATE)
  await lost
  t.same(await read(row('SELECT 2 AS "two"')), { two: 2 })
})

t.test('commits wait for a disk at least, and for more where that is set', { skip: NO_POSTGRES }, async (t) => {
  const url = await testDatabase(t)
  const settingsOf = async (from: string) => {
    const pools = openPools(postgresAddress(from), POOL_LIMITS, SILENT)
    const asked = [pools.readers, pools.writer].map((pool) => pool.query('SHOW synchronous_commit'))
    const settings = (await Promise.all(asked)).map(({ rows }) => rows[0].synchronous_commit)
    await pools.close()
    return settings
  }
  for (const weak of ['off', 'local', 'remote_write', 'on']) {
    await sql(url, `ALTER DATABASE ${new URL(url).pathname.slice(1)} SET synchronous_commit = ${weak}`)
    t.same(await settingsOf(url), ['on', 'on'], weak)
  }
  t.same(await settingsOf(`${url}?options=-c%20synchronous_commit%3Doff`), ['on', 'on'])
  t.same(await settingsOf(`${url}?options=-c%20synchronous_commit%3Dremote_apply`), ['remote_apply', 'remote_apply'])
})

t.test('what Prisma writes is written once, however many do it at once', { skip: NO_POSTGRES }, async (t) => {
  const url = await testDatabase(t)
  await migrate(postgresAddress(url), readMigrations())
  const pools = openPools(postgresAddress(url), POOL_LIMITS, SILENT)
  t.teardown(() => pools.close())
  const writers = [1, 2, 3, 4].map(() => prismaWriter(pools.readers, POOL_LIMITS.timeoutMs))
  const increment = writers.map((writer) =>
    writer.write(async ({ meta }) => {
      const { schemaVersion } = await meta.findUniqueOrThrow({ where: { id: 1 } })
      await meta.update({ where: { id: 1 }, data: { schemaVersion: schemaVersion + 1 } })
    }),
  )
  await Promise.all(increment)
  t.same(await sql(url, 'SELECT "schemaVersion" FROM "Meta"'), [{ schemaVersion: readMigrations().length + 4 }])
  const missing = prismaWriter(pools.readers, POOL_LIMITS.timeoutMs)
  await t.rejects(
    missing.write(({ meta }) => meta.findUniqueOrThrow({ where: { id: 7 } })),
    { code: 'unavailable' },
  )
})

t.test('a connection whose answer came too late is not used again', { skip: NO_POSTGRES }, async (t) => {
  const url = await testDatabase(t)
  await sql(url, 'CREATE TABLE "Count" AS SELECT 1 AS "count"')
  const gate = await gateTo(t, url)
  const pools = openPools(postgresAddress(gate.url), { connections: 1, timeoutMs: 1000 }, SILENT)
  t.teardown(() => pools.close())
  const { read, snapshot } = postgresReaders(pools.readers)
  const count = () => read(row('SELECT "count" FROM "Count"'))
  t.same(await count(), { count: 1 })
  gate.hold()
  // It is given up when it has waited for its BEGIN for too long, which PostgreSQL gets all the same.
  await t.rejects(snapshot(row('SELECT "count" FROM "Count"')), { code: 'unavailable' })
  gate.go()
  t.same(await count(), { count: 1 })
  await sql(url, 'UPDATE "Count" SET "count" = 2')
  t.same(await count(), { count: 2 })
})
