import type { EventLog } from '../store/event-log.js'
import type { StoreLogger } from '../store/logger.js'
import { createRounds, type Round, type Rounds, type Sleep } from './rounds.js'

/** Messages removed in one transaction: a few milliseconds, for which sends wait. */
const PAGE = 500
/** Between two of them, so that sends have most of the time. */
const PAUSE_MS = 100
const ROUND_MS = 3600 * 1000
const DAY_MS = 24 * 3600 * 1000

export interface RetentionOptions {
  readonly log: Pick<EventLog, 'removeMessages'>
  /** Messages older than so many days are removed. */
  readonly days: number
  /** What time it is believed to be: nothing that is removed comes back. */
  readonly believedTime: () => Promise<Date>
  readonly logger: StoreLogger
  readonly sleep?: Sleep
}

/** Removes messages whose time is over, page by page, and looks again every hour (protocol.md "Messages"). */
export function createRetention(options: RetentionOptions): Rounds {
  const run = async (round: Round) => {
    try {
      await runRound(options, round)
    } catch (error) {
      options.logger.error({ err: error }, 'Messages whose time is over could not be removed')
    }
  }
  return createRounds(run, ROUND_MS, options.sleep)
}

async function runRound(
  { log, days, believedTime, logger }: RetentionOptions,
  { pause, signal }: Round,
): Promise<void> {
  const before = new Date((await believedTime()).getTime() - days * DAY_MS)
  let removed = 0
  for (let page = PAGE; page === PAGE && !signal.aborted; ) {
    page = await log.removeMessages(before, PAGE)
    removed += page
    if (page === PAGE) await pause(PAUSE_MS)
  }
  if (removed > 0) logger.info({ removed, before }, 'Messages whose time is over were removed')
}
