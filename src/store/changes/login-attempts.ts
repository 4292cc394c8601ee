import { UNKNOWN } from '../audit.js'
import { toDate } from '../certificate-row.js'
import type { LoginAttempt, LoginPolicy } from '../identity-store.js'
import { ROW_LOCK, row, rows, run, type Work } from '../work.js'
import { audit } from './audit.js'
import { countFailure, expiryOf, type Failures, forgiveFailure, isSameWindow, lockOf } from './login-failures.js'

export interface CountedAttempt {
  readonly attempt: LoginAttempt
  readonly at: Date
  readonly policy: LoginPolicy
}

/** Counts an attempt; answers until when the pair is locked, or null. */
export function* countAttempt({ attempt, at, policy }: CountedAttempt): Work<Date | null> {
  // Here, where the table is written anyway, it is also kept small.
  yield* expireFailures({ at })
  const before = yield* claimFailures(attempt, at)
  const lockedUntil = lockOf(before, at, policy)
  if (!lockedUntil && !isSameWindow(before, at, policy)) yield* noteFailures({ ...attempt, ...before }, at)
  const after = lockedUntil ? { ...before, lockedUntil } : countFailure(before, at, policy)
  yield* store(attempt, after, expiryOf(after, policy.windowMs))
  return lockedUntil
}

/** Forgets what means nothing any more. */
export function* expireFailures({ at }: { readonly at: Date }): Work<void> {
  const expired = yield* rows<Forgotten>(`DELETE FROM "LoginFailure" WHERE "expiresAt" <= $1 ${RETURNING}`, at)
  for (const failures of expired) yield* noteFailures(failures, at)
}

/** Whether there were any. */
export function* forgetFailuresOf(username: string, at: Date): Work<boolean> {
  const forgotten = yield* rows<Forgotten>(`DELETE FROM "LoginFailure" WHERE "username" = $1 ${RETURNING}`, username)
  for (const failures of forgotten) yield* noteFailures(failures, at)
  return forgotten.length > 0
}

/** Takes one attempt back. */
export function* forgiveAttempt(attempt: LoginAttempt): Work<void> {
  const before = yield* failuresOf(attempt)
  if (before === null) return
  const after = forgiveFailure(before)
  if (after !== null) return yield* store(attempt, after, null)
  const { username, address } = attempt
  yield* run('DELETE FROM "LoginFailure" WHERE "username" = $1 AND "address" = $2', username, address)
}

const RETURNING = 'RETURNING "username", "address", "count", "since"'

interface Forgotten extends LoginAttempt {
  readonly count: number
  readonly since: number | Date
}

/** One row for a window: wrong passwords for names that nobody has are no business of the audit log. */
function* noteFailures({ username, address, count, since }: Forgotten, at: Date): Work<void> {
  if (count === 0 || (yield* row('SELECT 1 FROM "User" WHERE "username" = $1', username)) === null) return
  const details = { address, count, since: new Date(since).toISOString() }
  yield* audit({ at, actor: UNKNOWN, action: 'login-failed', subject: username, details })
}

interface Row extends Omit<Failures, 'since' | 'lockedUntil'> {
  readonly since: number
  readonly lockedUntil: number | null
}

/** The row of a pair, made if there is none, so that of attempts at the same time each counts what was before it. */
function* claimFailures({ username, address }: LoginAttempt, at: Date): Work<Failures> {
  const claimed = yield* row<Row>(
    `INSERT INTO "LoginFailure" ("username", "address", "count", "since", "locks", "expiresAt")
      VALUES ($1, $2, 0, $3, 0, $4)
      ON CONFLICT ("username", "address") DO UPDATE SET "count" = "LoginFailure"."count"
      RETURNING "count", "since", "locks", "lockedUntil"`,
    ...[username, address, at, at],
  )
  return claimed === null ? { count: 0, since: at, locks: 0, lockedUntil: null } : toFailures(claimed)
}

function* failuresOf({ username, address }: LoginAttempt): Work<Failures | null> {
  const failures = yield* row<Row>(
    `SELECT "count", "since", "locks", "lockedUntil" FROM "LoginFailure"
      WHERE "username" = $1 AND "address" = $2 ${ROW_LOCK}`,
    ...[username, address],
  )
  return failures && toFailures(failures)
}

function toFailures({ since, lockedUntil, ...row }: Row): Failures {
  return { ...row, since: new Date(since), lockedUntil: toDate(lockedUntil) }
}

/** `expiresAt` null keeps that of a row that is there. */
function store({ username, address }: LoginAttempt, failures: Failures, expiresAt: Date | null): Work<void> {
  const { count, since, locks, lockedUntil } = failures
  if (expiresAt === null)
    return run(
      `UPDATE "LoginFailure" SET "count" = $1, "since" = $2, "locks" = $3, "lockedUntil" = $4
        WHERE "username" = $5 AND "address" = $6`,
      ...[count, since, locks, lockedUntil, username, address],
    )
  return run(
    `INSERT INTO "LoginFailure" ("username", "address", "count", "since", "locks", "lockedUntil", "expiresAt")
      VALUES ($1, $2, $3, $4, $5, $6, $7)
      ON CONFLICT ("username", "address") DO UPDATE SET "count" = excluded."count", "since" = excluded."since",
        "locks" = excluded."locks", "lockedUntil" = excluded."lockedUntil", "expiresAt" = excluded."expiresAt"`,
    ...[username, address, count, since, locks, lockedUntil, expiresAt],
  )
}
