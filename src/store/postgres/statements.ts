import type { ClientBase, Pool } from 'pg'
import { NUMBER_PAIRS, type Statement, type Value, type Work } from '../work.js'

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
const PAIRS = `(
  SELECT CAST("pair" ->> 0 AS BIGINT) AS "of", CAST("pair" ->> 1 AS BIGINT) AS "value"
  FROM json_array_elements(CAST($1 AS JSON)) AS "list" ("pair"))`

const written = new Map<string, string>()

/** A statement as PostgreSQL reads it. */
function textOf(sql: string): string {
  const known = written.get(sql)
  if (known !== undefined) return known
  const text = sql.replace(INDEXED_BY, '').replace(NUMBER_PAIRS, (_, parameter) => PAIRS.replace('$1', () => parameter))
  written.set(sql, text)
  return text
}

/** Does what `work` yields, one statement after the other. */
export async function perform<T>(client: ClientBase | Pool, work: Work<T>): Promise<T> {
  let step = work.next([])
  while (step.done !== true) {
    const { sql, values }: Statement = step.value
    step = work.next(await execute(client, textOf(sql), values))
  }
  return step.value
}
