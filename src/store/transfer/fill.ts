import { RESTORED_SEQS } from '../restored-seqs.js'
import { row, run, type Value, type Work } from '../work.js'
import { countOf, valuesOf } from './rows.js'
import type { Catalog, Column, LastIds } from './session.js'
import { COUNTED, PREPARED, TABLES, type Table } from './tables.js'

/** The first table that holds rows of an installation, or null. */
export function* firstFilled(): Work<string | null> {
  for (const table of TABLES) if (!PREPARED.includes(table.name) && (yield* countOf(table)) > 0) return table.name
  return null
}

/** Makes room for the rows of those tables that are never empty. */
export function clear(): Work<void> {
  return run('DELETE FROM "RevocationChange"')
}

/** Stores rows, each a line as `lineOf` makes them. */
export function insert({ name }: Table, columns: readonly Column[], lines: readonly string[]): Work<void> {
  const given = lines.map((line) => valuesOf(columns, line))
  if (name === 'Meta') return updateMeta(columns, given[0] ?? [])
  const names = columns.map((column) => `"${column.name}"`).join(', ')
  let place = 0
  const places = given.map((values) => `(${values.map(() => `$${++place}`).join(', ')})`)
  return run(`INSERT INTO "${name}" (${names}) VALUES ${places.join(', ')}`, ...given.flat())
}

/** Its row was made with the schema. */
function updateMeta(columns: readonly Column[], values: readonly Value[]): Work<void> {
  const assignments = columns.map(({ name }, index) => `"${name}" = $${index + 1}`)
  return run(`UPDATE "Meta" SET ${assignments.join(', ')}`, ...values)
}

export function* lastIds(catalog: Catalog): Work<LastIds> {
  const ids: [string, number][] = []
  for (const table of COUNTED) ids.push([table, yield* catalog.lastId(table)])
  return Object.fromEntries(ids)
}

/** No lower than the ids that are there. */
export function* setLastIds(catalog: Catalog, ids: LastIds): Work<void> {
  for (const table of COUNTED) {
    const last = yield* row<{ readonly id: number }>(`SELECT coalesce(max("id"), 0) AS "id" FROM "${table}"`)
    yield* catalog.setLastId(table, Math.max(ids[table] ?? 0, last?.id ?? 0))
  }
}

/** Has conversations go on behind everything that anybody may have seen. */
export function skipSeqs(): Work<void> {
  return run('UPDATE "Conversation" SET "lastSeq" = "lastSeq" + $1 WHERE "closedAt" IS NULL', RESTORED_SEQS)
}
