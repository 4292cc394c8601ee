import type { Database } from 'better-sqlite3'
import type { Readers, Work } from '../work.js'
import { orUnavailable } from './broken-reads.js'
import { workRunner } from './work-runner.js'

/** Reads through a connection that only reads. */
export function sqliteReaders(db: Database): Readers {
  const run = workRunner(db)
  const snapshot = db.transaction(run)
  return {
    read: async <T>(work: Work<T>) => orUnavailable(() => run(work)),
    snapshot: async <T>(work: Work<T>) => orUnavailable(() => snapshot(work) as T),
  }
}
