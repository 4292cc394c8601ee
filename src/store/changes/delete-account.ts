import { HermesError } from '../../errors.js'
import type { Departing, DueDeletion, ScheduledDeletion } from '../account-upkeep.js'
import { type AuditDetails, SERVER } from '../audit.js'
import { run, type Work } from '../work.js'
import { audit } from './audit.js'
import { revokeWhere } from './certificates.js'
import type { HolderAct } from './credentials.js'
import { forgetFailuresOf } from './login-attempts.js'
import { findAccount, newestCertificate, requireCertificate, requirePassword } from './proof.js'

/** Answers when the deletion is due: a second call changes nothing. */
export function* scheduleDeletion(deletion: ScheduledDeletion): Work<Date> {
  const { userId, effectiveAt, address, at } = deletion
  const { username, deletionAt } = yield* requirePassword(deletion)
  if (deletionAt !== null) return new Date(deletionAt)
  yield* run('UPDATE "User" SET "deletionAt" = $1 WHERE "id" = $2', effectiveAt, userId)
  const details = { address, effectiveAt: effectiveAt.toISOString() }
  yield* audit({ at, actor: username, action: 'schedule-deletion', subject: username, details })
  return effectiveAt
}

export function* deleteAccount({ fingerprint, at }: HolderAct): Work<void> {
  const { id, userId, username } = yield* requireCertificate(fingerprint, at)
  if ((yield* newestCertificate(userId)).id !== id)
    throw new HermesError('forbidden', 'An older certificate cannot delete the account: connect with the newest')
  yield* erase(userId, username, at, { actor: username, details: { certificate: fingerprint } })
}

/** False: it was called off, or carried out, meanwhile. */
export function* deleteDueAccount({ userId, dueBy, at }: DueDeletion): Work<boolean> {
  const user = yield* findAccount(userId)
  if (user === null || user.deletedAt !== null || user.deletionAt === null) return false
  if (user.deletionAt > dueBy.getTime()) return false
  yield* erase(userId, user.username, at, { actor: SERVER, details: {} })
  return true
}

/** The row stays as a tombstone, and the keys with it, so that neither name nor key is ever given out again. */
function* erase(
  userId: number,
  username: string,
  at: Date,
  by: { readonly actor: string; readonly details: AuditDetails },
): Work<void> {
  yield* run(
    `UPDATE "User" SET "deletedAt" = $1, "deletionAt" = NULL, "departure" = 'deleted', "role" = 'user',
      "passwordHash" = '' WHERE "id" = $2`,
    ...[at, userId],
  )
  yield* revokeWhere({ column: 'userId', value: userId, endingAfter: at }, 'cessationOfOperation', at)
  yield* run('DELETE FROM "Escrow" WHERE "userId" = $1', userId)
  yield* forgetFailuresOf(username, at)
  yield* audit({ at, action: 'delete-account', subject: username, ...by })
}

/** All stays are ended. */
export function finishDeparture({ userId, departure }: Departing): Work<void> {
  return run('UPDATE "User" SET "departure" = NULL WHERE "id" = $1 AND "departure" = $2', userId, departure)
}
