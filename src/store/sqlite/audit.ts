import type { Database } from 'better-sqlite3'
import { type AuditHead, type AuditRecord, type AuditStore, NO_HEAD } from '../audit.js'

const COLUMNS = '"seq", "at", "actor", "action", "subject", "details", "previousHash", "hash"'
const ALL = `SELECT ${COLUMNS} FROM "Audit" WHERE "seq" > ? ORDER BY "seq" LIMIT ?`
const ABOUT = `SELECT ${COLUMNS} FROM "Audit" WHERE "subject" = ? AND "seq" > ? ORDER BY "seq" LIMIT ?`
const HEAD = 'SELECT "seq", "hash" FROM "Audit" WHERE "seq" = (SELECT max("seq") FROM "Audit")'

interface Row extends Omit<AuditRecord, 'at'> {
  readonly at: number
}

/** The audit log, through a connection that only reads: what is written into it is part of each change. */
export function sqliteAudit(reader: Database): AuditStore {
  const all = reader.prepare<[number, number], Row>(ALL)
  const about = reader.prepare<[string, number, number], Row>(ABOUT)
  const head = reader.prepare<[], AuditHead>(HEAD)

  return {
    async listAudit({ subject, after, limit }) {
      const rows = subject === null ? all.all(after, limit) : about.all(subject, after, limit)
      return rows.map((row) => ({ ...row, at: new Date(row.at) }))
    },
    auditHead: async () => head.get() ?? NO_HEAD,
  }
}
