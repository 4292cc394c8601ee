import { PrismaBetterSqlite3 } from '@prisma/adapter-better-sqlite3'
import Database from 'better-sqlite3'
import t from 'tap'
import { Prisma, PrismaClient } from '../../src/store/generated/sqlite/client.js'
import { openSqliteStore } from '../../src/store/sqlite/open.js'
import { fillEveryTable } from './every-table.js'
import { T0 } from './fixtures.js'
import { columnsOf, indexesOf, sorted } from './models.js'

/** How migrations spell the types of the schema; an enum is text. */
const TYPES: Readonly<Record<string, string>> = {
  Int: 'INTEGER',
  BigInt: 'INTEGER',
  DateTime: 'DATETIME',
  Bytes: 'BLOB',
}

interface Column {
  readonly name: string
  readonly type: string
  readonly notnull: 0 | 1
  readonly pk: number
}

interface Index {
  readonly name: string
  readonly unique: 0 | 1
  readonly origin: string
}

t.test('the migrations make the tables, columns and indexes that the schema says', async (t) => {
  const path = `${t.testdir()}/hermes.db`
  await (await openSqliteStore({ url: `file:${path}` })).close()
  const db = new Database(path, { readonly: true })
  t.teardown(() => db.close())
  const pragma = <T>(source: string) => db.pragma(source) as T[]
  const tables = db
    .prepare<[], string>(`SELECT "name" FROM sqlite_schema WHERE "type" = 'table' AND "name" NOT LIKE 'sqlite_%'`)
    .pluck()
  t.same(sorted(tables.all()), sorted(Object.keys(Prisma.ModelName)))

  for (const model of Object.keys(Prisma.ModelName)) {
    const columns = pragma<Column>(`table_info("${model}")`)
    const found = columns.map(({ name, type, notnull }) => `${name} ${type}${notnull === 1 ? ' NOT NULL' : ''}`)
    t.same(found, columnsOf(model, TYPES), model)

    const key = columns.filter(({ pk }) => pk > 0).sort((a, b) => a.pk - b.pk)
    const indexes = pragma<Index>(`index_list("${model}")`).filter(({ origin }) => origin !== 'pk')
    const described = indexes.map(({ name, unique }) => {
      const names = pragma<{ name: string }>(`index_info("${name}")`).map((column) => column.name)
      return `${unique === 1 ? 'unique ' : ''}${names.join(', ')}`
    })
    const primary = `unique ${key.map(({ name }) => name).join(', ')}`
    t.same(sorted([primary, ...described]), sorted(indexesOf(model)), `indexes of ${model}`)
  }
})

t.test('Prisma reads every column of every table that the store has filled', async (t) => {
  const path = `${t.testdir()}/hermes.db`
  const store = await openSqliteStore({ url: `file:${path}` })
  t.teardown(() => store.close())
  await fillEveryTable(store)

  const prisma = new PrismaClient({
    adapter: new PrismaBetterSqlite3({ url: path }, { timestampFormat: 'unixepoch-ms' }),
  })
  t.teardown(() => prisma.$disconnect())
  for (const model of Object.keys(Prisma.ModelName)) {
    const property = `${model.slice(0, 1).toLowerCase()}${model.slice(1)}` as 'user'
    const row = await prisma[property].findFirstOrThrow()
    const columns = columnsOf(model, TYPES).map((column) => column.replace(/ .*/, ''))
    t.same(sorted(Object.keys(row)), sorted(columns), model)
  }
  const message = await prisma.event.findFirstOrThrow({ where: { seq: 2 } })
  t.match({ at: message.at, messageId: message.messageId?.length }, { at: new Date(T0 + 2), messageId: 16 })
})
