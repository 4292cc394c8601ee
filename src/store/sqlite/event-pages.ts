import type { Database } from 'better-sqlite3'
import type { EventLog } from '../event-log.js'
import { pageOf } from '../event-page.js'
import type { StoredEvent } from '../records.js'
import { orUnavailable } from './broken-reads.js'

const EVENTS = `
  SELECT "seq", "type", "body" FROM "Event"
  WHERE "conversationId" = ? AND "seq" > ? AND "seq" <= ? ORDER BY "seq" LIMIT ?`

/** Pages of the log; of a long one no more is read than its page holds. */
export function eventPages(db: Database): EventLog['read'] {
  const events = db.prepare<[number, number, number, number], StoredEvent>(EVENTS)
  return async (conversationId, page) =>
    orUnavailable(() => pageOf(events.iterate(conversationId, page.after, page.upTo, page.limit), page))
}
