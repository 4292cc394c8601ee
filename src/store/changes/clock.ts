import { OPERATOR, SERVER } from '../audit.js'
import { type BelievedTime, believe, type Look } from '../believed-time.js'
import type { ClockConfirmation } from '../clock-store.js'
import { NEWEST } from '../reads/newest.js'
import { ROW_LOCK, row, run, type Work } from '../work.js'
import { audit } from './audit.js'

const STORED = `SELECT "believedAt", "claimedAt", "claimSeenMs" FROM "Meta" WHERE "id" = 1 ${ROW_LOCK}`
const STORE = 'UPDATE "Meta" SET "believedAt" = $1, "claimedAt" = $2, "claimSeenMs" = $3 WHERE "id" = 1'

interface ClockRow {
  readonly believedAt: number | null
  readonly claimedAt: number | null
  readonly claimSeenMs: number
}

/** A process looks at the clock. */
export function* lookAtClock(look: Look): Work<BelievedTime> {
  const time = believe((yield* storedTime()) ?? (yield* firstTime(look.clock)), look)
  yield* store(time)
  return time
}

export function* confirmClock({ clock, at }: ClockConfirmation): Work<Date | null> {
  const before = yield* storedTime()
  yield* store({ believed: clock.getTime(), claim: null })
  const believed = before && new Date(before.believed)
  const details = { clock: clock.toISOString(), ...(believed && { believed: believed.toISOString() }) }
  yield* audit({ at, actor: OPERATOR, action: 'confirm-clock', subject: SERVER, details })
  return believed
}

/** What a clock that is ahead must not be believed beyond, where something may be lost for good. */
export function* believedBy(clock: Date): Work<Date> {
  const stored = yield* storedTime()
  return stored === null || stored.believed > clock.getTime() ? clock : new Date(stored.believed)
}

function* storedTime(): Work<BelievedTime | null> {
  const stored = yield* row<ClockRow>(STORED)
  if (stored === null || stored.believedAt === null) return null
  const { believedAt, claimedAt, claimSeenMs } = stored
  return { believed: believedAt, claim: claimedAt === null ? null : { since: claimedAt, seenMs: claimSeenMs } }
}

/**
 * Of a database that no program kept a time in, what was stored last bears witness; of an empty one, the clock alone.
 */
function* firstTime(clock: number): Work<BelievedTime> {
  const newest = yield* row<{ readonly at: number | null }>(NEWEST)
  return { believed: newest?.at ?? clock, claim: null }
}

function store({ believed, claim }: BelievedTime): Work<void> {
  return run(STORE, new Date(believed), claim && new Date(claim.since), Math.round(claim?.seenMs ?? 0))
}
