import { rows, type Value, type Work } from '../work.js'
import type { Catalog, Column } from './session.js'
import type { Table } from './tables.js'

/**
 * Of this database, not of the installation: another counts its own migrations, and its nodes have a key of their own.
 */
const OWN: Readonly<Record<string, readonly string[]>> = { Meta: ['schemaVersion', 'busKey'] }

export type Row = Readonly<Record<string, unknown>>

/** The columns of a table by name, whichever engine has it. */
export function* columnsOf(catalog: Catalog, { name: table }: Table): Work<readonly Column[]> {
  const columns = yield* catalog.columnsOf(table)
  return columns
    .filter(({ name }) => OWN[table]?.includes(name) !== true)
    .map(({ name, type }) => ({ name, kind: kindOf(type) }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}

function kindOf(type: string): Column['kind'] {
  if (/^(datetime|timestamp)/i.test(type)) return 'time'
  return /^(blob|bytea)/i.test(type) ? 'bytes' : 'plain'
}

export function* countOf({ name }: Table): Work<number> {
  const [counted] = yield* rows<{ readonly count: number }>(`SELECT count(*) AS "count" FROM "${name}"`)
  return counted?.count ?? 0
}

/** The rows behind `last`, in the order of the key. */
export function pageBehind(
  { name, key }: Table,
  columns: readonly Column[],
  last: Row | null,
  limit: number,
): Work<readonly Row[]> {
  const names = columns.map((column) => `"${column.name}"`).join(', ')
  const order = key.map((column) => `"${column}"`).join(', ')
  const places = key.map((_, index) => `$${index + 1}`).join(', ')
  const behind = last === null ? '' : `WHERE (${order}) > (${places})`
  const values = last === null ? [] : key.map((column) => last[column] as Value)
  return rows<Row>(`SELECT ${names} FROM "${name}" ${behind} ORDER BY ${order} LIMIT ${limit}`, ...values)
}

/** One line: a JSON array of the columns, times as in RFC 3339 in UTC, bytes in base64. */
export function lineOf(columns: readonly Column[], row: Row): string {
  return JSON.stringify(columns.map(({ name, kind }) => encoded(kind, row[name])))
}

function encoded(kind: Column['kind'], value: unknown): unknown {
  if (value === null) return null
  if (kind === 'time') return new Date(value as number).toISOString()
  return kind === 'bytes' ? Buffer.from(value as Uint8Array).toString('base64') : value
}

/** What a line says of each column. */
export function valuesOf(columns: readonly Column[], line: string): readonly Value[] {
  const given = JSON.parse(line) as readonly (string | number | null)[]
  return columns.map(({ kind }, index) => decoded(kind, given[index] ?? null))
}

function decoded(kind: Column['kind'], given: string | number | null): Value {
  if (given === null || kind === 'plain') return given
  return kind === 'time' ? new Date(given) : Buffer.from(String(given), 'base64')
}
