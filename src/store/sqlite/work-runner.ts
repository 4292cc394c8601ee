import type { Database, Statement as Prepared } from 'better-sqlite3'
import { NUMBER_PAIRS, ROW_LOCK, type Statement, type Value, type Work } from '../work.js'

const PAIRS = `(SELECT "value" ->> 0 AS "of", "value" ->> 1 AS "value" FROM json_each($1))`

/** Runs work on a connection, inside the transaction of its caller if there is one. */
export type RunWork = <T>(work: Work<T>) => T

/** Each statement is prepared once. */
export function workRunner(db: Database): RunWork {
  const prepared = new Map<string, Prepared>()

  const prepare = (sql: string): Prepared => {
    const statement = db.prepare(sql.replace(ROW_LOCK, '').replace(NUMBER_PAIRS, PAIRS))
    prepared.set(sql, statement)
    return statement
  }

  const execute = ({ sql, values }: Statement): readonly unknown[] => {
    const statement = prepared.get(sql) ?? prepare(sql)
    const bound = byName(values)
    if (statement.reader) return statement.all(bound)
    statement.run(bound)
    return []
  }

  return (work) => {
    let step = work.next([])
    while (step.done !== true) step = work.next(execute(step.value))
    return step.value
  }
}

/** To SQLite `$1` is a name. */
function byName(values: readonly Value[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(values.map((value, index) => [index + 1, value instanceof Date ? value.getTime() : value]))
}
