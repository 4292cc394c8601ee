import type { Database, Statement as Prepared } from 'better-sqlite3'
import { type Change, workOf } from '../changes/changes.js'
import { ROW_LOCK, type Statement, type Value } from '../work.js'

/** Runs changes inside the transaction of its caller; each answers or throws as its work does. */
export function changeWriter(db: Database): (change: Change) => unknown {
  const prepared = new Map<string, Prepared>()

  const prepare = (sql: string): Prepared => {
    const statement = db.prepare(sql.replace(ROW_LOCK, ''))
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

  return (change) => {
    const work = workOf(change)
    let step = work.next([])
    while (step.done !== true) step = work.next(execute(step.value))
    return step.value
  }
}

/** To SQLite `$1` is a name. */
function byName(values: readonly Value[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(values.map((value, index) => [index + 1, value instanceof Date ? value.getTime() : value]))
}
