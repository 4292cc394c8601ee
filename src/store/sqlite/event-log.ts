import type { Database } from 'better-sqlite3'
import type { EventLog } from '../event-log.js'
import type { EarlierEvents } from '../reads/earlier-events.js'
import { unavailable } from '../unavailable.js'
import type { WriteQueue } from '../write-queue.js'
import type { CommitThread } from './commit-thread.js'
import { eventPages } from './event-pages.js'

/**
 * What of the event log is SQLite's alone: reads on `reader`, in this thread; removals in another, in turns of `queue`.
 */
export function sqliteEvents(
  reader: Database,
  earlier: EarlierEvents,
  queue: WriteQueue,
  thread: CommitThread,
): Pick<EventLog, 'read' | 'removeMessages' | 'wasStoredBefore'> {
  return {
    read: eventPages(reader),
    async removeMessages(before, limit) {
      const removed = await queue.run(() => thread.remove({ before: before.getTime(), limit }))
      if ('cause' in removed) throw unavailable(removed.cause)
      earlier.keepUpTo(removed.newestId)
      return removed.count
    },
    wasStoredBefore: (conversationId, seq) => earlier.has(conversationId, seq),
  }
}
