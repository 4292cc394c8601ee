import type { ClientBase, Pool } from 'pg'
import type { Statement, Value, Work } from '../work.js'

/** A value, or a column of them for `unnest`. */
export type Parameter = Value | boolean | readonly (Value | boolean)[]

/** The name under which each connection keeps a statement prepared. */
const names = new Map<string, string>()

function nameOf(sql: string): string {
  let name = names.get(sql)
  if (name === undefined) {
    name = `hermes_${names.size + 1}`
    names.set(sql, name)
  }
  return name
}

/** Runs a statement, which is one of a few, for each stays prepared. */
export async function execute<Row>(
  client: ClientBase | Pool,
  text: string,
  values: readonly Parameter[],
): Promise<readonly Row[]> {
  const { rows } = await client.query({ name: nameOf(text), text, values: [...values] })
  return rows
}

const INDEXED_BY = /INDEXED BY "\w+"/

/** Does what `work` yields, one statement after the other. */
export async function perform<T>(client: ClientBase | Pool, work: Work<T>): Promise<T> {
  let step = work.next([])
  while (step.done !== true) {
    const { sql, values }: Statement = step.value
    step = work.next(await execute(client, sql.replace(INDEXED_BY, ''), values))
  }
  return step.value
}
