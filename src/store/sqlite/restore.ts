import { RESTORED_SEQS } from '../restored-seqs.js'
import { openWriter } from './connection.js'

/** Has the conversations of a copy go on behind everything that anybody may have seen. */
export function skipSeqs(path: string): void {
  const db = openWriter(path)
  try {
    db.prepare('UPDATE "Conversation" SET "lastSeq" = "lastSeq" + ? WHERE "closedAt" IS NULL').run(RESTORED_SEQS)
    // Without -wal and -shm beside it, so that it can be renamed.
    db.pragma('journal_mode = DELETE')
  } finally {
    db.close()
  }
}
