import type { AuditRecord, AuditStore } from '../../store/audit.js'
import { followAudit } from '../../store/audit-chain.js'
import {
  AuditDetails,
  type AuditEntry,
  type AuditList,
  type AuditQuery,
  type AuditVerification,
  type OwnAuditQuery,
} from '../../wire/administration.js'
import { type ActDependencies, requireAccount } from './dependencies.js'

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

/**
 * A page about whom an administrator names. Throws `user_not_found` where nothing is written, and nobody is so called.
 */
export async function listAuditAbout(
  { audit, store }: ActDependencies,
  { username, ...page }: AuditQuery,
): Promise<AuditList> {
  const list = await listAudit(audit, username ?? null, page)
  // Wrong passwords of a name that nobody has are written down all the same.
  if (username !== undefined && list.entries.length === 0) await requireAccount(store, username)
  return list
}

/**
 * Whether the log is as it was written, from its first row on; `head`: the hash of a row that must be there, or null.
 */
export async function verifyAudit(store: AuditStore, head: string | null): Promise<AuditVerification> {
  const chain = await followAudit(store, head)
  const broken = chain.end()
  return { head: { ...chain.head }, ...(broken && { broken }) }
}

/** Told of a row whose time is none any more, or of a year that RFC 3339 cannot tell. */
const EPOCH = new Date(0)
const FIVE_DIGITS = new Date(Date.UTC(10_000, 0))

/** Of a row that somebody changed, what it says all the same: the others must still be told. */
function describe({ seq, at, details, ...texts }: AuditRecord): AuditEntry {
  return {
    seq,
    at: at >= EPOCH && at < FIVE_DIGITS ? at.toISOString() : EPOCH.toISOString(),
    actor: String(texts.actor),
    action: String(texts.action),
    subject: String(texts.subject),
    details: readDetails(details),
    previousHash: String(texts.previousHash),
    hash: String(texts.hash),
  }
}

function readDetails(text: string): AuditDetails {
  try {
    return AuditDetails.parse(JSON.parse(text))
  } catch {
    return { unreadable: String(text) }
  }
}
