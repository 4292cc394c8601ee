import Database from 'better-sqlite3'
import t, { type Test } from 'tap'
import { SILENT } from '../../src/store/logger.js'
import { postgresAddress } from '../../src/store/postgres/address.js'
import { openPools, POOL_LIMITS } from '../../src/store/postgres/pools.js'
import { postgresReaders } from '../../src/store/postgres/readers.js'
import { sqliteReaders } from '../../src/store/sqlite/readers.js'
import { type Readers, row, rows, type Work } from '../../src/store/work.js'
import { T0 } from './fixtures.js'
import { NO_POSTGRES, sql, testDatabase } from './postgres-database.js'

const INSERT = 'INSERT INTO "Thing" ("id", "big", "at", "bytes", "text") VALUES (1, $1, $2, $3, NULL)'
const VALUES = [2 ** 40, new Date(T0 + 7), Uint8Array.of(0, 255), 2] as const
const FOUND = { id: 1, big: 2 ** 40, at: T0 + 7, text: null, count: 1 }

interface Thing {
  readonly bytes: Uint8Array
}

async function readersContract(t: Test, { read, snapshot }: Readers): Promise<void> {
  const select = 'SELECT "id", "big", "at", "bytes", "text", (SELECT count(*) FROM "Thing") AS "count" FROM "Thing"'
  const found = await read(row<Thing>(`${select} WHERE "at" = $1 AND $2 = "id"`, VALUES[1], 1))
  t.same({ ...found, bytes: null }, { ...FOUND, bytes: null }, 'as numbers, whatever the engine calls them')
  t.same([...(found?.bytes ?? [])], [0, 255])
  t.equal(await read(row('SELECT "id" FROM "Thing" WHERE "id" = $1', 2)), null)
  const both = function* (): Work<number> {
    const first = yield* rows('SELECT "id" FROM "Thing"')
    const second = yield* rows('SELECT "id" FROM "Thing" WHERE "id" = $1', 1)
    return first.length + second.length
  }
  t.equal(await snapshot(both()), 2)
  t.equal(await read(both()), 2)
  await t.rejects(read(rows('SELECT "none" FROM "Thing"')), /none/, 'a mistake of the program is no outage')
  await t.rejects(snapshot(rows('DELETE FROM "Thing"')), 'only reads')
  t.equal((await read(rows('SELECT "id" FROM "Thing"'))).length, 1)
}

t.test('reads of SQLite', async (t) => {
  const path = `${t.testdir()}/things.db`
  const writer = new Database(path)
  writer.exec('CREATE TABLE "Thing" ("id" INTEGER, "big" INTEGER, "at" DATETIME, "bytes" BLOB, "text" TEXT)')
  writer.prepare(INSERT).run({ 1: VALUES[0], 2: VALUES[1].getTime(), 3: VALUES[2] })
  const reader = new Database(path, { readonly: true })
  t.teardown(() => {
    reader.close()
    writer.close()
  })
  await readersContract(t, sqliteReaders(reader))
})

t.test('reads of PostgreSQL', { skip: NO_POSTGRES }, async (t) => {
  const url = await testDatabase(t)
  await sql(url, 'CREATE TABLE "Thing" ("id" INTEGER, "big" BIGINT, "at" TIMESTAMPTZ(3), "bytes" BYTEA, "text" TEXT)')
  await sql(url, INSERT, [...VALUES.slice(0, 3)])
  const pools = openPools(postgresAddress(url), POOL_LIMITS, SILENT)
  t.teardown(() => pools.close())
  await readersContract(t, postgresReaders(pools.readers))
})
