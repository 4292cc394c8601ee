import { createHash } from 'node:crypto'

/** What is written down. */
export const AUDIT_ACTIONS = [
  'register',
  'renew',
  'recover',
  'revoke',
  'fetch-my',
  'login-failed',
  'change-password',
  'replace-private-key',
  'schedule-deletion',
  'delete-account',
  'unlock',
  'grant',
  'disable',
  'enable',
  'rotate-ca',
  'retire-ca',
  'revoke-ca',
  'root-crl',
  'revoke-server',
  'confirm-clock',
] as const

export type AuditAction = (typeof AUDIT_ACTIONS)[number]

/** Who acts when no user does: no username has an @. */
export const OPERATOR = '@operator'
export const SERVER = '@server'
/** Whoever did not know the password. */
export const UNKNOWN = '@unknown'

export type AuditDetails = Readonly<Record<string, string | number>>

export interface AuditEntry {
  readonly at: Date
  /** A username, or one of those above. */
  readonly actor: string
  readonly action: AuditAction
  /**
   * The username of the account that it is about; of a CA @ and its name, SERVER of the server's own certificate or
   * clock.
   */
  readonly subject: string
  readonly details: AuditDetails
}

/** A row as it is stored. */
export interface AuditRecord extends Omit<AuditEntry, 'details' | 'action'> {
  /** From 1, without a hole. */
  readonly seq: number
  readonly action: string
  /** JSON of AuditDetails, as it was hashed. */
  readonly details: string
  readonly previousHash: string
  readonly hash: string
}

export interface AuditHead {
  readonly seq: number
  readonly hash: string
}

/** What comes before the first row. */
export const NO_HEAD: AuditHead = { seq: 0, hash: '0'.repeat(64) }

/** SHA-256, 64 hex digits, over a JSON array of the hash before, seq, time, actor, action, subject and details. */
export function auditHash({
  previousHash,
  seq,
  at,
  actor,
  action,
  subject,
  details,
}: Omit<AuditRecord, 'hash'>): string {
  const text = JSON.stringify([previousHash, seq, at.toISOString(), actor, action, subject, details])
  return createHash('sha256').update(text).digest('hex')
}

export interface AuditPage {
  /** Null: about everybody. */
  readonly subject: string | null
  /** The last seq of the page before; 0 for the first. */
  readonly after: number
  readonly limit: number
}

export interface AuditStore {
  /** By seq. */
  listAudit(page: AuditPage): Promise<readonly AuditRecord[]>
  /** The newest row. */
  auditHead(): Promise<AuditHead>
}
