import type { Event } from './events.js'
import type { Conversation } from './state.js'

/** Whom an event concerns beyond the members: whose stay begins or ends, or whose invitation it is. */
export function concernedBy(after: Conversation, event: Event): number | null {
  switch (event.type) {
    case 'started':
    case 'left':
      return event.from.userId
    case 'joined':
      return event.member.userId
    case 'invited':
      return event.invitee.userId
    case 'declined':
    case 'cancelled':
    case 'expired':
      return after.invitations.get(event.invitation)?.invitee.userId ?? null
    default:
      return null
  }
}
