import { lineOf, pageBehind, type Row } from './rows.js'
import type { Column, Session } from './session.js'
import type { Table } from './tables.js'

/** Rows that are in memory at once. */
export const PAGE = 128

/** The lines of a table, so many at a time, in the order of its key. */
export async function* linesOf(
  { run }: Session,
  table: Table,
  columns: readonly Column[],
): AsyncGenerator<readonly string[]> {
  let last: Row | null = null
  for (;;) {
    const page: readonly Row[] = await run(pageBehind(table, columns, last, PAGE))
    if (page.length > 0) yield page.map((row) => lineOf(columns, row))
    last = page.at(-1) ?? null
    if (page.length < PAGE) return
  }
}
