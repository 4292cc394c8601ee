import type { AuditDetails, AuditRecord, AuditStore } from '../../store/audit.js'
import { followAudit } from '../../store/audit-chain.js'
import type { AuditEntry, AuditList, AuditVerification, OwnAuditQuery } from '../../wire/administration.js'

/** A page of the audit log about one user, or about everybody. */
export async function listAudit(
  store: AuditStore,
  subject: string | null,
  { after, limit }: OwnAuditQuery,
): Promise<AuditList> {
  const found = await store.listAudit({ subject, after, limit: limit + 1 })
  const { seq, hash } = await store.auditHead()
  return { entries: found.slice(0, limit).map(describe), more: found.length > limit, head: { seq, hash } }
}

/** Whether the log is as it was written, from its first row on; `head`: the hash of a row that must be there, or null. */
export async function verifyAudit(store: AuditStore, head: string | null): Promise<AuditVerification> {
  const chain = await followAudit(store, head)
  const broken = chain.end()
  return { head: { ...chain.head }, ...(broken && { broken }) }
}

function describe({ at, details, ...record }: AuditRecord): AuditEntry {
  return { ...record, at: at.toISOString(), details: JSON.parse(details) as AuditDetails }
}
