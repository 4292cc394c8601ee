import type { DeviceOpening, DeviceOutcome } from './commit/batch.js'
import type { GroupCommit } from './commit/group-commit.js'
import { DEVICE_LIFE_MS, tooManyDevices } from './devices.js'
import type { EventLog } from './event-log.js'
import { conversationReads } from './reads/conversations.js'
import { mailboxReads } from './reads/mailbox.js'
import { findNews } from './reads/news.js'
import { unavailable } from './unavailable.js'
import { type Readers, row } from './work.js'

const DEVICE = `SELECT "id" FROM "Device" WHERE "userId" = $1 AND "name" = $2 AND "lastSeenAt" >= $3`

/** What each engine does in its own way. */
type Own = Pick<EventLog, 'read' | 'removeMessages' | 'wasStoredBefore'>

/** The event log of an engine, all of whose writes but removals go through group commit. */
export function groupedLog(readers: Readers, commits: GroupCommit, own: Own): EventLog {
  // Acknowledgements may wait in memory: without them a device would get again what it has acknowledged.
  const settled = async (deviceId: number) => {
    if (commits.hasCursorsOf(deviceId)) await commits.flush()
  }
  return {
    ...conversationReads(readers),
    ...mailboxReads(readers, settled),
    ...own,
    findNews: (known) => findNews(readers, known),
    connectDevice: (deviceId) => commits.change('connectDevice', { deviceId }),
    append: (entry, done) => commits.append(entry, done),
    async openDevice(userId, name, now, maxDevices) {
      const outcome = await openDevice(commits, { userId, name, now: now.getTime(), maxDevices })
      if (outcome === 'quota') throw tooManyDevices(maxDevices)
      if (!('cause' in outcome)) return { id: outcome.id, userId, name }
      // That a device was seen need not be written for it to read; where the database cannot be read either, it is unknown.
      const seenSince = new Date(now.getTime() - DEVICE_LIFE_MS)
      const known = await readers.read(row<{ id: number }>(DEVICE, userId, name, seenSince)).catch(() => null)
      if (known === null) throw unavailable(outcome.cause)
      return { id: known.id, userId, name }
    },
    acknowledge: (deviceId, conversationId, seq, done) =>
      commits.moveCursor({ deviceId, target: conversationId, value: seq }, done),
    acknowledgeInvitation: (deviceId, invitation, acked, done) =>
      commits.moveCursor({ deviceId, target: invitation, value: acked }, done),
  }
}

function openDevice(commits: GroupCommit, opening: DeviceOpening): Promise<DeviceOutcome> {
  return new Promise((resolve) => commits.openDevice(opening, resolve))
}
