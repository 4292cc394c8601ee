import { HermesError } from '../../errors.js'
import type {
  AdministratorAct,
  AdministratorRevocation,
  RevokedByAdministrator,
  RoleGrant,
} from '../administration-store.js'
import { type AuditEntry, OPERATOR } from '../audit.js'
import { ROW_LOCK, row, run, type Work } from '../work.js'
import { audit } from './audit.js'
import { barKey, barKeysInUse, revokeWhere } from './certificates.js'
import { forgetFailuresOf } from './login-attempts.js'
import { newestCertificate, requireCertificate } from './proof.js'

/** Gives a role, or takes it: no certificate lets anybody do that. */
export function* grantRole({ username, role, at }: RoleGrant): Work<void> {
  const { id } = yield* livingUser(username)
  yield* run('UPDATE "User" SET "role" = $1 WHERE "id" = $2', role, id)
  yield* audit({ at, actor: OPERATOR, action: 'grant', subject: username, details: { role } })
}

export function* disableUser(act: AdministratorAct): Work<void> {
  const { id, by } = yield* subjectOf(act)
  yield* run('UPDATE "User" SET "disabledAt" = $1 WHERE "id" = $2 AND "disabledAt" IS NULL', act.at, id)
  yield* audit({ ...by, at: act.at, action: 'disable', subject: act.username })
}

export function* enableUser(act: AdministratorAct): Work<void> {
  const { id, by } = yield* subjectOf(act)
  yield* run('UPDATE "User" SET "disabledAt" = NULL WHERE "id" = $1', id)
  yield* audit({ ...by, at: act.at, action: 'enable', subject: act.username })
}

/** What the owner may lift with his key, for one who has lost it. */
export function* unlockUser(act: AdministratorAct): Work<void> {
  const { id, by } = yield* subjectOf(act)
  yield* forgetFailuresOf(act.username, act.at)
  yield* run('UPDATE "User" SET "deletionAt" = NULL WHERE "id" = $1', id)
  yield* audit({ ...by, at: act.at, action: 'unlock', subject: act.username })
}

export function* revokeOfUser(revocation: AdministratorRevocation): Work<RevokedByAdministrator> {
  const { id: userId, by } = yield* subjectOf(revocation)
  const { username, serialNumber, reason, at } = revocation
  const serialNumbers =
    serialNumber === null ? yield* revokeAll(userId, reason, at) : yield* revokeOne(userId, serialNumber, reason, at)
  const details = { ...by.details, serialNumbers: serialNumbers.join(' '), reason }
  yield* audit({ at, actor: by.actor, action: 'revoke', subject: username, details })
  return { userId, serialNumbers }
}

type Reason = AdministratorRevocation['reason']

function* revokeAll(userId: number, reason: Reason, at: Date): Work<readonly string[]> {
  const revoked =
    reason === 'keyCompromise'
      ? yield* barKeysInUse(userId, at)
      : yield* revokeWhere({ column: 'userId', value: userId, endingAfter: at }, reason, at)
  // Where the newest has ended, its key could still get the next one for some days.
  const newest = yield* newestCertificate(userId)
  return [...revoked, ...(yield* revokeWhere({ column: 'id', value: newest.id }, reason, at))]
}

function* revokeOne(userId: number, serialNumber: string, reason: Reason, at: Date): Work<readonly string[]> {
  const certificate = yield* row<{ readonly id: number; readonly userId: number; readonly spkiHash: string }>(
    'SELECT "id", "userId", "spkiHash" FROM "Certificate" WHERE "serialNumber" = $1',
    serialNumber,
  )
  if (certificate?.userId !== userId)
    throw new HermesError('not_found', `The user has no certificate with serial number ${serialNumber}`)
  const revoked = yield* revokeWhere({ column: 'id', value: certificate.id }, reason, at)
  return reason === 'keyCompromise' ? [...revoked, ...(yield* barKey(certificate.spkiHash, at))] : revoked
}

interface Subject {
  readonly id: number
  /** Who acts, for the audit log. */
  readonly by: Pick<AuditEntry, 'actor' | 'details'>
}

/** Whom an act is about, if whoever does it may: decided here, so that a role that is lost meanwhile does not count. */
function* subjectOf({ username, by, at }: AdministratorAct): Work<Subject> {
  if (by === null) return { ...(yield* livingUser(username)), by: { actor: OPERATOR, details: {} } }
  const administrator = yield* requireCertificate(by, at)
  if (administrator.role !== 'administrator') throw new HermesError('forbidden', 'Only administrators may do this')
  return { ...(yield* livingUser(username)), by: { actor: administrator.username, details: { certificate: by } } }
}

function* livingUser(username: string): Work<{ readonly id: number }> {
  const user = yield* row<{ readonly id: number }>(
    `SELECT "id" FROM "User" WHERE "username" = $1 AND "deletedAt" IS NULL ${ROW_LOCK}`,
    username,
  )
  if (user === null) throw new HermesError('user_not_found', `There is no user ${username}, or he was deleted`)
  return user
}
