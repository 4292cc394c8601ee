import { HermesError } from '../../errors.js'
import type { ByPassword } from '../account-upkeep.js'
import type { Role } from '../records.js'
import { ROW_LOCK, row, type Work } from '../work.js'

/** What is asked of the row of a user. */
export interface Account {
  readonly username: string
  readonly passwordHash: string
  readonly disabledAt: number | null
  readonly deletedAt: number | null
  readonly deletionAt: number | null
}

/** Refuses unless the password that has this hash still is that of the account. */
export function* requirePassword({ userId, passwordHash }: ByPassword & { readonly userId: number }): Work<Account> {
  const user = yield* findAccount(userId)
  if (user === null || user.deletedAt !== null || user.passwordHash !== passwordHash)
    throw new HermesError('invalid_credentials', 'There is no such user, or the server password is wrong')
  if (user.disabledAt !== null) throw new HermesError('account_disabled', 'The account is disabled')
  return user
}

export function findAccount(userId: number): Work<Account | null> {
  return row<Account>(
    `SELECT "username", "passwordHash", "disabledAt", "deletedAt", "deletionAt" FROM "User" WHERE "id" = $1 ${ROW_LOCK}`,
    userId,
  )
}

/** A certificate with what decides whether it is good. */
interface Presented extends Omit<Account, 'passwordHash'> {
  readonly role: Role
  readonly id: number
  readonly userId: number
  readonly serialNumber: string
  readonly spkiHash: string
  readonly notAfter: number
  readonly supersededAt: number | null
  readonly revokedAt: number | null
  readonly compromisedAt: number | null
}

// The user first: rows are locked in this order, and whoever changes certificates of a user has locked him.
const PRESENTED = `
  SELECT c."id", c."userId", c."serialNumber", c."spkiHash", c."notAfter", c."supersededAt", c."revokedAt", k."compromisedAt",
    u."username", u."role", u."disabledAt", u."deletedAt", u."deletionAt"
  FROM "User" u JOIN "Certificate" c ON c."userId" = u."id" JOIN "Key" k ON k."spkiHash" = c."spkiHash"
  WHERE c."fingerprint" = $1 ${ROW_LOCK}`

/** Refuses unless a certificate is good; one that ended since `endedAfter` may pass. */
export function* requireCertificate(fingerprint: string, at: Date, endedAfter: Date = at): Work<Presented> {
  const certificate = yield* row<Presented>(PRESENTED, fingerprint)
  if (certificate === null) throw new HermesError('certificate_unknown')
  const { disabledAt, deletedAt, compromisedAt, revokedAt, supersededAt, notAfter } = certificate
  if (disabledAt !== null || deletedAt !== null) throw new HermesError('account_disabled')
  if (revokedAt !== null || compromisedAt !== null) throw new HermesError('certificate_revoked')
  if (supersededAt !== null && supersededAt <= at.getTime()) throw new HermesError('certificate_superseded')
  if (notAfter <= endedAfter.getTime()) throw new HermesError('certificate_expired')
  return certificate
}

export interface Newest {
  readonly id: number
  readonly serialNumber: string
  readonly fingerprint: string
  readonly spkiHash: string
  readonly revokedAt: number | null
}

export function* newestCertificate(userId: number): Work<Newest> {
  const newest = yield* row<Newest>(
    `SELECT "id", "serialNumber", "fingerprint", "spkiHash", "revokedAt" FROM "Certificate"
      WHERE "userId" = $1 ORDER BY "id" DESC LIMIT 1`,
    userId,
  )
  if (newest === null) throw new HermesError('not_found', 'The account has no certificate')
  return newest
}
