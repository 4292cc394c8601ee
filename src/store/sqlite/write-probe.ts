import type { Database } from 'better-sqlite3'
import type { Refused } from '../commit/batch.js'
import { describe } from '../unavailable.js'
import { transactions } from './transactions.js'

/** Two statements, for SQLite writes no page for a value that is there already. */
const RAISE = `UPDATE "Meta" SET "schemaVersion" = "schemaVersion" + 1`
const LOWER = `UPDATE "Meta" SET "schemaVersion" = "schemaVersion" - 1`

export type ProbeOutcome = 'written' | Refused

/** Finds out, with a transaction that changes nothing, whether the database can be written. */
export function writeProbe(db: Database): () => ProbeOutcome {
  const transaction = transactions(db)
  const [raise, lower] = [db.prepare(RAISE), db.prepare(LOWER)]
  return () => {
    try {
      transaction.run(() => {
        raise.run()
        lower.run()
      })
      return 'written'
    } catch (error) {
      return { cause: describe(error) }
    }
  }
}
