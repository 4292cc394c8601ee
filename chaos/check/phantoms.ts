import type { ConversationEvent } from '../../src/wire/events.js'
import type { DeviceHistory, History } from '../history/history.js'
import { isInStay, type Logs } from './logs.js'
import { isNumbered, observationsBy } from './observations.js'
import { type Violation, violation } from './violation.js'

/** Nobody gets an event from outside his stays, or of an invitation of others. */
export function findPhantoms({ devices }: History, logs: Logs): readonly Violation[] {
  return devices.flatMap((device) => phantomsOf(device, logs))
}

function phantomsOf(history: DeviceHistory, logs: Logs): readonly Violation[] {
  const { username, device } = history
  const invitations = new Set<string>()
  const found: Violation[] = []
  for (const { event } of observationsBy(history)) {
    if (event.type === 'invited' && event.invitee.username === username) invitations.add(event.invitation)
    if (isHis(event, username, logs, invitations)) continue
    const what = `${event.type} ${event.seq ?? 'without seq'} of ${event.conversation}`
    found.push(violation('phantom', `${username}/${device} got ${what}, which is none of his`))
  }
  return found
}

function isHis(event: ConversationEvent, username: string, logs: Logs, invitations: ReadonlySet<string>): boolean {
  if (isNumbered(event)) return isInStay(logs.get(event.conversation)?.stays.get(username), event.seq)
  return 'invitation' in event && invitations.has(event.invitation)
}
