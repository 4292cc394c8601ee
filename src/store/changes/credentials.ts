import { HermesError } from '../../errors.js'
import type { EscrowChange, EscrowTaking, PasswordChange } from '../account-upkeep.js'
import type { EscrowRecord } from '../records.js'
import { row, run, type Work } from '../work.js'
import { audit } from './audit.js'
import { storeEscrow } from './certificates.js'
import { forgetFailuresOf } from './login-attempts.js'
import { newestCertificate, requireCertificate, requirePassword } from './proof.js'

export function* changePassword(change: PasswordChange): Work<void> {
  const { userId, newHash, escrow, address, at } = change
  const { username } = yield* requirePassword(change)
  if (escrow !== null) yield* replaceCurrentEscrow(userId, escrow)
  yield* run('UPDATE "User" SET "passwordHash" = $1, "deletionAt" = NULL WHERE "id" = $2', newHash, userId)
  const details = { address, ...(escrow !== null && { privateKey: 'replaced' }) }
  yield* audit({ at, actor: username, action: 'change-password', subject: username, details })
}

export interface HashReplacement {
  readonly userId: number
  readonly oldHash: string
  readonly newHash: string
}

/** Of the same password; whether the hash still was the old one. */
export function* replacePasswordHash({ userId, oldHash, newHash }: HashReplacement): Work<boolean> {
  const replaced = yield* row(
    'UPDATE "User" SET "passwordHash" = $1 WHERE "id" = $2 AND "passwordHash" = $3 RETURNING "id"',
    ...[newHash, userId, oldHash],
  )
  return replaced !== null
}

export function* replaceEscrow(change: EscrowChange): Work<void> {
  const { userId, escrow, address, at } = change
  const { username } = yield* requirePassword(change)
  yield* replaceCurrentEscrow(userId, escrow)
  yield* audit({ at, actor: username, action: 'replace-private-key', subject: username, details: { address } })
}

/** Null: none is kept for that certificate. */
export function* takeEscrow(taking: EscrowTaking): Work<EscrowRecord | null> {
  const { userId, spkiHash, address, at } = taking
  const { username } = yield* requirePassword(taking)
  const escrow = yield* row<EscrowRecord>(
    'SELECT "blob", "spkiHash" FROM "Escrow" WHERE "userId" = $1 AND "spkiHash" = $2',
    ...[userId, spkiHash],
  )
  if (escrow !== null)
    yield* audit({ at, actor: username, action: 'fetch-my', subject: username, details: { address } })
  return escrow
}

/** What was locked for one key must not come to stand beside another that was first. */
function* replaceCurrentEscrow(userId: number, escrow: EscrowRecord): Work<void> {
  const { spkiHash } = yield* newestCertificate(userId)
  if (spkiHash !== escrow.spkiHash)
    throw new HermesError('certificate_mismatch', 'The certificate got another key meanwhile: fetch it, and lock that')
  yield* storeEscrow(userId, escrow)
}

/** The act of whoever holds a certificate. */
export interface HolderAct {
  readonly fingerprint: string
  readonly at: Date
}

export function* unlock({ fingerprint, at }: HolderAct): Work<void> {
  const { userId, username, deletionAt } = yield* requireCertificate(fingerprint, at)
  const hadFailures = yield* forgetFailuresOf(username, at)
  // What changes nothing leaves no row, or anybody could fill the log, which nothing empties.
  if (!hadFailures && deletionAt === null) return
  if (deletionAt !== null) yield* run('UPDATE "User" SET "deletionAt" = NULL WHERE "id" = $1', userId)
  yield* audit({ at, actor: username, action: 'unlock', subject: username, details: { certificate: fingerprint } })
}
