import { skipSeqs } from '../transfer/fill.js'
import { openWriter } from './connection.js'
import { workRunner } from './work-runner.js'

/** Has the conversations of a copy go on behind everything that anybody may have seen. */
export function skipSeqsIn(path: string): void {
  const db = openWriter(path)
  try {
    workRunner(db)(skipSeqs())
    // Without -wal and -shm beside it, so that it can be renamed.
    db.pragma('journal_mode = DELETE')
  } finally {
    db.close()
  }
}
