import type { LoginPolicy } from '../identity-store.js'

/** Wrong passwords of one name from one address, and attempts whose password is not checked yet. */
export interface Failures {
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
  const window = before !== null && isSameWindow(before, now, policy) ? before : null
  const count = (window?.count ?? 0) + 1
  // Of a window that begins later than now the failures count, but it lasts no longer than any other.
  const since = window !== null && window.since < now ? window.since : now
  const locks = before?.locks ?? 0
  if (count < policy.failures) return { count, since, locks, lockedUntil: null }
  return { count, since, locks: locks + 1, lockedUntil: new Date(now.getTime() + lockLength(locks + 1, policy)) }
}

/** Whether failures until now count together with the next. */
export function isSameWindow({ since, lockedUntil }: Failures, now: Date, { windowMs }: LoginPolicy): boolean {
  return lockedUntil === null && now.getTime() < since.getTime() + windowMs
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

/**
 * When a row means nothing any more: a window after it began, or after its lock ended, so that locks in a row double.
 */
export function expiryOf({ since, lockedUntil }: Failures, windowMs: number): Date {
  return new Date((lockedUntil ?? since).getTime() + windowMs)
}
