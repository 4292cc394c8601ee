import { HermesError } from '../../errors.js'
import type { EscrowChange, PasswordChange } from '../account-upkeep.js'
import type { EscrowRecord } from '../records.js'
import { row, run, type Work } from '../work.js'
import { storeEscrow } from './certificates.js'
import { newestCertificate, requireCertificate, requirePassword } from './proof.js'

export function* changePassword({ userId, oldHash, newHash, escrow }: PasswordChange): Work<void> {
  yield* requirePassword(userId, oldHash)
  if (escrow !== null) yield* replaceCurrentEscrow(userId, escrow)
  yield* run('UPDATE "User" SET "passwordHash" = $1, "deletionAt" = NULL WHERE "id" = $2', newHash, userId)
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

export function* replaceEscrow({ userId, passwordHash, escrow }: EscrowChange): Work<void> {
  yield* requirePassword(userId, passwordHash)
  yield* replaceCurrentEscrow(userId, escrow)
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
  yield* run('DELETE FROM "LoginFailure" WHERE "username" = $1', username)
  if (deletionAt !== null) yield* run('UPDATE "User" SET "deletionAt" = NULL WHERE "id" = $1', userId)
}
