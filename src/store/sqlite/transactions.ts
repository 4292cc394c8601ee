import type { Database } from 'better-sqlite3'

/** SQLite has rolled the whole transaction back, which it may when it runs out of room or fails to read or write. */
export class TransactionLost extends Error {
  override readonly name = 'TransactionLost'
}

export interface Transactions {
  /** Runs `work` in a transaction: durable when it returns, undone when it throws. */
  readonly run: <T>(work: () => T) => T
  /** Runs `work` inside a transaction, undoing it alone when it throws. */
  readonly savepoint: <T>(work: () => T) => T
}

export function transactions(db: Database): Transactions {
  // Immediate: the lock is taken before anything is read, so that nothing fails half way for want of it.
  const begin = db.prepare('BEGIN IMMEDIATE')
  const commit = db.prepare('COMMIT')
  const rollback = db.prepare('ROLLBACK')
  const savepoint = db.prepare('SAVEPOINT "piece"')
  const release = db.prepare('RELEASE "piece"')
  const undo = db.prepare('ROLLBACK TO "piece"')

  return {
    run(work) {
      begin.run()
      try {
        const result = work()
        commit.run()
        return result
      } catch (error) {
        if (db.inTransaction) rollback.run()
        throw error
      }
    },
    savepoint(work) {
      savepoint.run()
      try {
        const result = work()
        release.run()
        return result
      } catch (error) {
        if (!db.inTransaction) throw new TransactionLost('The transaction was rolled back', { cause: error })
        undo.run()
        release.run()
        throw error
      }
    },
  }
}
