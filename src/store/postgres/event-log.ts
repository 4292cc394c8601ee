import type { Pool } from 'pg'
import type { EventLog, Page } from '../event-log.js'
import type { EarlierEvents } from '../reads/earlier-events.js'
import type { StoredEvent } from '../records.js'
import { unavailable } from '../unavailable.js'
import { type Read, rows } from '../work.js'
import type { WriteQueue } from '../write-queue.js'
import { removeMessages } from './message-removal.js'
import { withClient } from './pools.js'

/** Up to so many bytes, one event at least: bodies beyond are not sent. */
const EVENTS = `
  SELECT "seq", "type", "body" FROM (
    SELECT "seq", "type", "body", sum(octet_length("body")) OVER "log" AS "bytes", row_number() OVER "log" AS "number"
    FROM (
      SELECT "seq", "type", "body" FROM "Event"
      WHERE "conversationId" = $1 AND "seq" > $2 AND "seq" <= $3 ORDER BY "seq" LIMIT $4
    ) AS "page" WINDOW "log" AS (ORDER BY "seq")
  ) AS "summed" WHERE "bytes" <= $5 OR "number" = 1 ORDER BY "seq"`

/** What of the event log is PostgreSQL's alone: removals on `writer`, in turns of `queue`. */
export function postgresEvents(
  read: Read,
  earlier: EarlierEvents,
  queue: WriteQueue,
  writer: Pool,
): Pick<EventLog, 'read' | 'removeMessages' | 'wasStoredBefore'> {
  return {
    read: (conversationId: number, { after, upTo, limit, maxBytes }: Page) =>
      read(rows<StoredEvent>(EVENTS, conversationId, after, upTo, limit, maxBytes)),
    async removeMessages(before, limit) {
      try {
        return await queue.run(() => withClient(writer, (client) => removeMessages(client, before, limit)))
      } catch (error) {
        throw unavailable(error)
      }
    },
    wasStoredBefore: (conversationId, seq) => earlier.has(conversationId, seq),
  }
}
