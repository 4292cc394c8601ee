import { type AuditHead, type AuditRecord, type AuditStore, NO_HEAD } from '../audit.js'
import { type Read, row, rows } from '../work.js'

const COLUMNS = '"seq", "at", "actor", "action", "subject", "details", "previousHash", "hash"'
const ALL = `SELECT ${COLUMNS} FROM "Audit" WHERE "seq" > $1 ORDER BY "seq" LIMIT $2`
const ABOUT = `SELECT ${COLUMNS} FROM "Audit" WHERE "subject" = $1 AND "seq" > $2 ORDER BY "seq" LIMIT $3`
const HEAD = 'SELECT "seq", "hash" FROM "Audit" WHERE "seq" = (SELECT max("seq") FROM "Audit")'

interface Row extends Omit<AuditRecord, 'at'> {
  readonly at: number
}

/** The audit log; what is written into it is part of each change. */
export function auditReads(read: Read): AuditStore {
  return {
    async listAudit({ subject, after, limit }) {
      const page = subject === null ? rows<Row>(ALL, after, limit) : rows<Row>(ABOUT, subject, after, limit)
      return (await read(page)).map((row) => ({ ...row, at: new Date(row.at) }))
    },
    auditHead: async () => (await read(row<AuditHead>(HEAD))) ?? NO_HEAD,
  }
}
