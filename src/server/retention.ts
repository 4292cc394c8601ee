import { setTimeout as sleepFor } from 'node:timers/promises'
import type { EventLog } from '../store/event-log.js'
import type { StoreLogger } from '../store/logger.js'

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
  readonly now: () => Date
  readonly logger: StoreLogger
  /** Waits so many milliseconds; rejects when it is aborted. */
  readonly sleep?: (milliseconds: number, signal: AbortSignal) => Promise<unknown>
}

export interface Retention {
  /** Begins the first round. */
  start(): void
  /** Resolves when nothing is being removed any more. */
  stop(): Promise<void>
}

/** Removes messages whose time is over, page by page, and looks again every hour (protocol.md "Messages"). */
export function createRetention(options: RetentionOptions): Retention {
  const stopping = new AbortController()
  let running = Promise.resolve()
  return {
    start() {
      running = runRounds(options, stopping.signal)
    },
    async stop() {
      stopping.abort()
      await running
    },
  }
}

async function runRounds(options: RetentionOptions, signal: AbortSignal): Promise<void> {
  const { logger, sleep = (milliseconds) => sleepFor(milliseconds, undefined, { signal }) } = options
  const pause = (milliseconds: number) => sleep(milliseconds, signal).catch(() => {})
  while (!signal.aborted) {
    try {
      await runRound(options, pause, signal)
    } catch (error) {
      logger.error({ err: error }, 'Messages whose time is over could not be removed')
    }
    await pause(ROUND_MS)
  }
}

async function runRound(
  { log, days, now, logger }: RetentionOptions,
  pause: (milliseconds: number) => Promise<unknown>,
  signal: AbortSignal,
): Promise<void> {
  const before = new Date(now().getTime() - days * DAY_MS)
  let removed = 0
  for (let page = PAGE; page === PAGE && !signal.aborted; ) {
    page = await log.removeMessages(before, PAGE)
    removed += page
    if (page === PAGE) await pause(PAUSE_MS)
  }
  if (removed > 0) logger.info({ removed, before }, 'Messages whose time is over were removed')
}
