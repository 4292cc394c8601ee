import type { Database } from 'better-sqlite3'
import type { DeviceOpening, DeviceOutcome } from '../commit/batch.js'
import type { GroupCommit } from '../commit/group-commit.js'
import { DEVICE_LIFE_MS, tooManyDevices } from '../devices.js'
import type { EventLog } from '../event-log.js'
import { unavailable } from '../unavailable.js'
import type { WriteQueue } from '../write-queue.js'
import type { CommitThread } from './commit-thread.js'
import { conversationReads } from './conversation-reads.js'
import { EarlierEvents } from './earlier-events.js'
import { mailboxReads } from './mailbox.js'

const DEVICE = `SELECT "id" FROM "Device" WHERE "userId" = ? AND "name" = ? AND "lastSeenAt" >= ?`

/** The event log: reads on `reader`, in this thread; writes in another, through `commits` or in turns of `queue`. */
export function sqliteEventLog(
  reader: Database,
  commits: GroupCommit,
  queue: WriteQueue,
  thread: CommitThread,
): EventLog {
  const earlier = new EarlierEvents(reader)
  const device = reader.prepare<[number, string, number], number>(DEVICE).pluck()
  // Acknowledgements may wait in memory: without them a device would get again what it has acknowledged.
  const settled = async (deviceId: number) => {
    if (commits.hasCursorsOf(deviceId)) await commits.flush()
  }
  return {
    ...conversationReads(reader),
    ...mailboxReads(reader, settled),
    append: (entry, done) => commits.append(entry, done),
    async openDevice(userId, name, now, maxDevices) {
      const outcome = await openDevice(commits, { userId, name, now: now.getTime(), maxDevices })
      if (outcome === 'quota') throw tooManyDevices(maxDevices)
      if (!('cause' in outcome)) return { id: outcome.id, userId, name }
      // That a device was seen need not be written for it to read.
      const id = attempt(() => device.get(userId, name, now.getTime() - DEVICE_LIFE_MS))
      if (id === undefined) throw unavailable(outcome.cause)
      return { id, userId, name }
    },
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

/** Undefined where the database cannot be read either. */
function attempt<T>(read: () => T | undefined): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}

function openDevice(commits: GroupCommit, opening: DeviceOpening): Promise<DeviceOutcome> {
  return new Promise((resolve) => commits.openDevice(opening, resolve))
}
