import type { Database } from 'better-sqlite3'
import { HermesError } from '../../errors.js'
import type { EventLog } from '../event-log.js'
import type { DeviceRecord } from '../records.js'
import type { WriteQueue } from '../write-queue.js'
import type { CommitThread } from './commit-thread.js'
import { conversationReads } from './conversation-reads.js'
import { EarlierEvents } from './earlier-events.js'
import type { GroupCommit } from './group-commit.js'
import { mailboxReads } from './mailbox.js'
import { unavailable } from './sqlite-error.js'

/** The event log: reads on `reader`, in this thread; writes in another, through `commits` or in turns of `queue`. */
export function sqliteEventLog(
  reader: Database,
  commits: GroupCommit,
  queue: WriteQueue,
  thread: CommitThread,
): EventLog {
  const earlier = new EarlierEvents(reader)
  // Acknowledgements may wait in memory: without them a device would get again what it has acknowledged.
  const settled = async (deviceId: number) => {
    if (commits.hasCursorsOf(deviceId)) await commits.flush()
  }
  return {
    ...conversationReads(reader),
    ...mailboxReads(reader, settled),
    append: (entry, done) => commits.append(entry, done),
    openDevice: (userId, name, now, maxDevices) => openDevice(commits, userId, name, now, maxDevices),
    acknowledge: (deviceId, conversationId, seq, done) =>
      commits.moveCursor({ deviceId, target: conversationId, value: seq }, done),
    acknowledgeInvitation: (deviceId, invitation, acked, done) =>
      commits.moveCursor({ deviceId, target: invitation, value: acked }, done),
    async removeMessages(before, limit) {
      const removed = await queue.run(() => thread.remove({ before: before.getTime(), limit }))
      if ('cause' in removed) throw unavailable(removed.cause)
      earlier.keepUpTo(removed.newestId)
      return removed.count
    },
    wasStoredBefore: async (conversationId, seq) => earlier.has(conversationId, seq),
  }
}

function openDevice(
  commits: GroupCommit,
  userId: number,
  name: string,
  now: Date,
  maxDevices: number,
): Promise<DeviceRecord> {
  return new Promise((resolve, reject) => {
    commits.openDevice({ userId, name, now: now.getTime(), maxDevices }, (outcome) => {
      if (outcome === 'quota') reject(tooManyDevices(maxDevices))
      else if ('cause' in outcome) reject(unavailable(outcome.cause))
      else resolve({ id: outcome.id, userId, name })
    })
  })
}

function tooManyDevices(limit: number): HermesError {
  const sentence = `A user may have at most ${limit} devices; use one of those (HERMES_DEVICES_MAX)`
  return new HermesError('quota_exceeded', sentence, { data: { limit, quota: 'devices' } })
}
