const FIRST_MS = 250
const MAX_MS = 30_000

/**
 * How long to wait before attempt `attempt` (from 0) to connect again: doubles from a quarter of a second up to half
 * a minute, of which the latter half is left to chance (`random`, 0 to 1), so that those who were cut off together do
 * not come back together.
 */
export function backoffMs(attempt: number, random: number): number {
  const ceiling = Math.min(MAX_MS, FIRST_MS * 2 ** attempt)
  return Math.round((ceiling * (1 + random)) / 2)
}

/** Node's timers hold no more than 2^31 - 1 ms: what is longer would be over at once. */
const LONGEST_MS = 3_600_000

/** How long the hub asks to wait, within what it may ask: neither a storm nor for ever. */
export function returnMs(asked: number): number {
  return Math.min(Math.max(asked, FIRST_MS / 2), LONGEST_MS)
}
