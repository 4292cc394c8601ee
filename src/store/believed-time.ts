/** A clock that is ahead of what is believed. Milliseconds. */
export interface Claim {
  /** What it said first, since the epoch of Unix. */
  readonly since: number
  /** For how long processes were seen to run while it went on from there. */
  readonly seenMs: number
}

/** What time an installation believes it is, whatever its clock says; what is removed for good goes by it. */
export interface BelievedTime {
  /** Whole milliseconds since the epoch of Unix; never ahead of the clock. */
  readonly believed: number
  /** Null while the clock is believed. */
  readonly claim: Claim | null
}

/** What a process knows when it looks at the clock. */
export interface Look {
  /** What the clock says: milliseconds since the epoch of Unix. */
  readonly clock: number
  /** What it believed when it looked last, and how long ago that is by its monotonic clock; null at its first look. */
  readonly last: { readonly time: BelievedTime; readonly elapsedMs: number } | null
  /** For how long a clock that is ahead must go on before it is believed. */
  readonly graceMs: number
}

/** A clock may be slewed by so much against the monotonic one, and set back by less, while a claim goes on. */
const SLACK_MS = 10 * 60_000

/**
 * What is believed after a look at the clock. It follows a clock back at once, since then less is removed, and forward
 * by what processes saw pass on their monotonic clocks alone, however many look. The rest is a claim: a server that was
 * off, or a clock that is wrong. It is believed when processes have run for the grace, restarts between them, with the
 * clock never behind it; a clock that is set back has withdrawn it.
 */
export function believe(stored: BelievedTime, look: Look): BelievedTime {
  const { clock, graceMs } = look
  const passed = passedOf(stored, look)
  if (clock <= passed) return { believed: clock, claim: null }
  const claim = goOn(stored, look) ?? { since: clock, seenMs: 0 }
  if (claim.seenMs < graceMs) return { believed: passed, claim }
  return { believed: Math.max(passed, Math.min(clock, Math.floor(claim.since + claim.seenMs))), claim: null }
}

/**
 * Of two nodes neither adds to what the other saw pass meanwhile. What was stored behind is a clock that was set back.
 */
function passedOf({ believed }: BelievedTime, { last }: Look): number {
  if (last === null || believed < last.time.believed) return believed
  return Math.max(believed, Math.floor(last.time.believed + last.elapsedMs))
}

function goOn({ claim }: BelievedTime, { clock, last }: Look): Claim | null {
  if (claim === null) return null
  const { since } = claim
  const own = last?.time.claim?.since === since ? last.time.claim.seenMs + last.elapsedMs : 0
  const seenMs = Math.max(claim.seenMs, own)
  return clock >= since + seenMs - SLACK_MS ? { since, seenMs } : null
}
