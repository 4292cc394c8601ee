import type { ConversationEvent, Party } from '../../wire/events.js'
import { type LogState, membersFrom, membersOf, without } from './state.js'

/** The members before `events`, which led to `members`: every event says what to take back. */
export function membersBefore(members: readonly Party[], events: readonly ConversationEvent[]): readonly Party[] {
  return membersOf({ members: [...events].reverse().reduce(takeBack, membersFrom(members)) })
}

function takeBack(members: LogState['members'], event: ConversationEvent): LogState['members'] {
  switch (event.type) {
    case 'joined':
      return without(members, event.member.username)
    case 'left':
      return { ...members, [event.from.username]: event.from.fingerprint }
    case 'renewed':
      return { ...members, [event.from.username]: event.previous }
    default:
      return members
  }
}
