import t from 'tap'
import { Prisma } from '../../src/store/generated/postgresql/client.js'
import { postgresAddress } from '../../src/store/postgres/address.js'
import { migrate, readMigrations } from '../../src/store/postgres/migrations.js'
import { columnsOf, indexesOf, sorted } from './models.js'
import { NO_POSTGRES, sql, testDatabase } from './postgres-database.js'

/** How PostgreSQL spells the types of the schema; an enum has a type of its name. */
const TYPES: Readonly<Record<string, string>> = {
  Int: 'integer',
  BigInt: 'bigint',
  DateTime: 'timestamp(3) with time zone',
  Bytes: 'bytea',
  String: 'text',
  Role: '"Role"',
  AuthorisedBy: '"AuthorisedBy"',
  Departure: '"Departure"',
  InvitationState: '"InvitationState"',
}

const COLUMNS = `
  SELECT a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END AS "text"
  FROM pg_attribute a WHERE a.attrelid = $1::regclass AND a.attnum > 0 ORDER BY a.attnum`

const INDEXES = `
  SELECT CASE WHEN i.indisunique THEN 'unique ' ELSE '' END || (
    SELECT string_agg(a.attname, ', ' ORDER BY k.ordinality)
    FROM unnest(i.indkey::int[]) WITH ORDINALITY k JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.k) AS "text"
  FROM pg_index i WHERE i.indrelid = $1::regclass`

t.test('the migrations make the tables, columns and indexes that the schema says', { skip: NO_POSTGRES }, async (t) => {
  const url = await testDatabase(t)
  await migrate(postgresAddress(url), readMigrations())
  const texts = async (query: string, ...values: unknown[]) =>
    (await sql<{ text: string }>(url, query, values)).map(({ text }) => text)
  const tables = await texts(`SELECT tablename AS "text" FROM pg_tables WHERE schemaname = 'public'`)
  t.same(sorted(tables), sorted(Object.keys(Prisma.ModelName)))
  for (const model of Object.keys(Prisma.ModelName)) {
    t.same(await texts(COLUMNS, `"${model}"`), columnsOf(model, TYPES), model)
    t.same(sorted(await texts(INDEXES, `"${model}"`)), sorted(indexesOf(model)), `indexes of ${model}`)
  }
})

t.test('of nodes that start at once, each migration is applied by one', { skip: NO_POSTGRES }, async (t) => {
  const url = await testDatabase(t)
  const starts = await Promise.all([1, 2, 3, 4].map(() => migrate(postgresAddress(url), readMigrations())))
  t.same(
    starts.flat(),
    readMigrations().map(({ name }) => name),
  )
})

t.test('what is not Hermes’s, or of a newer program, is refused and left alone', { skip: NO_POSTGRES }, async (t) => {
  const url = await testDatabase(t)
  await sql(url, 'CREATE TABLE "other" ("id" INTEGER)')
  const attempt = () => migrate(postgresAddress(url), readMigrations())
  await t.rejects(attempt(), { code: 'invalid_request', message: /belongs to another program/ })
  await sql(url, 'DROP TABLE "other"')
  await attempt()
  await sql(url, 'UPDATE "Meta" SET "schemaVersion" = 1000')
  await t.rejects(attempt(), { code: 'invalid_request', message: /schema version 1000/ })
})
