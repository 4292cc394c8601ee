import type { LoginAttempt, LoginPolicy } from '../identity-store.js'
import type { Transaction } from './prisma.js'

/** Wrong passwords of one name from one address, and attempts whose password is not checked yet. */
interface Failures {
  readonly count: number
  readonly since: Date
  /** Locks in a row. */
  readonly locks: number
  readonly lockedUntil: Date | null
}

/**
 * The row after one more attempt. The attempt that makes the count full may go on, but locks the pair: whatever
 * comes beside or after it is refused, until it turns out to be right.
 */
export function countFailure(before: Failures | null, now: Date, policy: LoginPolicy): Failures {
  const isSameWindow =
    before !== null && before.lockedUntil === null && now.getTime() < before.since.getTime() + policy.windowMs
  const count = (isSameWindow ? before.count : 0) + 1
  // Of a window that begins later than now the failures count, but it lasts no longer than any other.
  const since = isSameWindow && before.since < now ? before.since : now
  const locks = before?.locks ?? 0
  if (count < policy.failures) return { count, since, locks, lockedUntil: null }
  return { count, since, locks: locks + 1, lockedUntil: new Date(now.getTime() + lockLength(locks + 1, policy)) }
}

function lockLength(locks: number, { lockMs, maxLockMs }: LoginPolicy): number {
  return Math.min(lockMs * 2 ** (locks - 1), maxLockMs)
}

/** Until when a row locks its pair, or null. Where the clock was set back, no longer from now than it was made for. */
export function lockOf(
  { locks, lockedUntil }: Pick<Failures, 'locks' | 'lockedUntil'>,
  now: Date,
  policy: LoginPolicy,
): Date | null {
  if (lockedUntil === null || lockedUntil <= now) return null
  return new Date(Math.min(lockedUntil.getTime(), now.getTime() + lockLength(locks, policy)))
}

/** The row after one of its attempts turned out to be right, or null for none: a lock that it completed is lifted. */
export function forgiveFailure({ count, since, locks, lockedUntil }: Failures): Failures | null {
  const left = { count: count - 1, since, locks: lockedUntil === null ? locks : locks - 1, lockedUntil: null }
  return left.count <= 0 && left.locks <= 0 ? null : left
}

/** When a row means nothing any more: a window after it began, or after its lock ended, so that locks in a row double. */
export function expiryOf({ since, lockedUntil }: Failures, windowMs: number): Date {
  return new Date((lockedUntil ?? since).getTime() + windowMs)
}

/** Counts an attempt in a transaction; answers until when the pair is locked, or null. */
export async function countAttempt(
  transaction: Transaction,
  { username, address }: LoginAttempt,
  now: Date,
  policy: LoginPolicy,
): Promise<Date | null> {
  const where = { username_address: { username, address } }
  // Here, where the table is written anyway, it is also kept small.
  await transaction.loginFailure.deleteMany({ where: { expiresAt: { lte: now } } })
  const before = await transaction.loginFailure.findUnique({ where })
  const lockedUntil = before && lockOf(before, now, policy)
  const after = before && lockedUntil ? { ...before, lockedUntil } : countFailure(before, now, policy)
  const row = { ...after, expiresAt: expiryOf(after, policy.windowMs) }
  await transaction.loginFailure.upsert({ where, create: { username, address, ...row }, update: row })
  return lockedUntil
}

/** Takes one attempt back in a transaction. */
export async function forgiveAttempt(transaction: Transaction, { username, address }: LoginAttempt): Promise<void> {
  const where = { username_address: { username, address } }
  const before = await transaction.loginFailure.findUnique({ where })
  if (before === null) return
  const after = forgiveFailure(before)
  if (after === null) await transaction.loginFailure.delete({ where })
  else await transaction.loginFailure.update({ where, data: after })
}
