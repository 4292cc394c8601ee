import { type AuditEntry, type AuditHead, auditHash, NO_HEAD } from '../audit.js'
import { ROW_LOCK, row, run, type Work } from '../work.js'

/** Writes down what its transaction does. */
export function* audit({ at, actor, action, subject, details: given }: AuditEntry): Work<void> {
  // Whoever has this row writes the next; the others wait for what it will follow.
  yield* row(`SELECT "id" FROM "Meta" WHERE "id" = 1 ${ROW_LOCK}`)
  const head = yield* row<AuditHead>('SELECT "seq", "hash" FROM "Audit" WHERE "seq" = (SELECT max("seq") FROM "Audit")')
  const { seq: last, hash: previousHash } = head ?? NO_HEAD
  const [seq, details] = [last + 1, JSON.stringify(given)]
  const hash = auditHash({ seq, at, actor, action, subject, details, previousHash })
  yield* run(
    `INSERT INTO "Audit" ("seq", "at", "actor", "action", "subject", "details", "previousHash", "hash")
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
    ...[seq, at, actor, action, subject, details, previousHash, hash],
  )
}
