import type { Database } from 'better-sqlite3'
import { type Change, workOf } from '../changes/changes.js'
import { workRunner } from './work-runner.js'

/** Runs changes inside the transaction of its caller; each answers or throws as its work does. */
export function changeWriter(db: Database): (change: Change) => unknown {
  const run = workRunner(db)
  return (change) => run(workOf(change))
}
