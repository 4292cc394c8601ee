import Database from 'better-sqlite3'

/** How long a connection waits for another process that writes, in milliseconds. */
export const BUSY_TIMEOUT_MS = 5000
/** The write-ahead log is cut back to this size after a checkpoint, in bytes. */
const JOURNAL_BYTES = 64 * 1024 * 1024

/**
 * What every connection that writes must be told; only the journal mode is kept in the file.
 * better-sqlite3 is built with synchronous NORMAL under WAL, which loses commits with the power.
 */
export const WRITER_PRAGMAS = `
  PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS};
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  PRAGMA foreign_keys = ON;
  PRAGMA journal_size_limit = ${JOURNAL_BYTES};
`

export function openWriter(path: string): Database.Database {
  const db = new Database(path, { fileMustExist: true, timeout: BUSY_TIMEOUT_MS })
  try {
    db.exec(WRITER_PRAGMAS)
  } catch (error) {
    db.close()
    throw error
  }
  return db
}

/** A connection that only reads; it sees every commit, of all connections, at once. */
export function openReader(path: string): Database.Database {
  return new Database(path, { fileMustExist: true, readonly: true, timeout: BUSY_TIMEOUT_MS })
}
