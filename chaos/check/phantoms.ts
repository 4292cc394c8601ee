import type { ConversationEvent } from '../../src/wire/events.js'
import type { DeviceHistory, History } from '../history/history.js'
import { getOrSet, isInStay, type Logs } from './logs.js'
import { isNumbered, observationsBy } from './observations.js'
import { type Violation, violation } from './violation.js'

type Invited = ReadonlyMap<string, ReadonlySet<string>>

/** Nobody gets an event from outside his stays, or of an invitation of others. */
export function findPhantoms({ devices }: History, logs: Logs): readonly Violation[] {
  const invited = invitationsByUser(devices)
  return devices.flatMap((device) => phantomsOf(device, logs, invited.get(device.username) ?? new Set()))
}

function invitationsByUser(devices: readonly DeviceHistory[]): Invited {
  const invited = new Map<string, Set<string>>()
  for (const device of devices)
    for (const invitation of invitationsOf(device)) getOrSet(invited, device.username, () => new Set()).add(invitation)
  return invited
}

function phantomsOf(history: DeviceHistory, logs: Logs, invitations: ReadonlySet<string>): readonly Violation[] {
  const { username, device } = history
  const found: Violation[] = []
  for (const { event } of observationsBy(history)) {
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

/** What a device was shown as an invitation of its user. */
function invitationsOf(device: DeviceHistory): ReadonlySet<string> {
  const invitations = new Set<string>()
  for (const { event } of observationsBy(device))
    if (event.type === 'invited' && event.invitee.username === device.username) invitations.add(event.invitation)
  return invitations
}

/** A device that is told the end of an invitation of its user was shown it before. */
export function findEndsAlone({ devices }: History): readonly Violation[] {
  const invited = invitationsByUser(devices)
  return devices.flatMap((device) => endsAloneOf(device, invited.get(device.username) ?? new Set()))
}

function endsAloneOf(history: DeviceHistory, invited: ReadonlySet<string>): readonly Violation[] {
  const { username, device } = history
  const shown = invitationsOf(history)
  return [...observationsBy(history)].flatMap(({ event }) => {
    if (isNumbered(event) || !('invitation' in event)) return []
    if (shown.has(event.invitation) || !invited.has(event.invitation)) return []
    return [violation('loss', `${username}/${device} got ${event.type} of ${event.invitation} without the invitation`)]
  })
}
