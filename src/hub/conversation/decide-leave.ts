import type { Leave, Remove } from './commands.js'
import { accept, type Decision, refuse, repeat } from './decision.js'
import type { Ended, Left } from './events.js'
import { type Conversation, openInvitations } from './state.js'

/** Ends a stay; repeated, it answers with the end of the last one. */
export function decideLeave(state: Conversation, { at, by, text }: Leave): Decision {
  const departure = state.former.get(by.username)
  if (departure) return repeat({ seq: departure.toSeq })
  if (!state.members.has(by.username)) return refuse('conversation_not_found')
  const left: Left = { type: 'left', at, from: by, reason: 'left', text }
  return accept([left, ...cancelled(state, by.username, at)], { seq: state.lastSeq + 1 })
}

/** Ends the stay of someone who lost his account; his invitations, made and received, end with it. */
export function decideRemove(state: Conversation, { at, username, reason, spare }: Remove): Decision {
  const member = state.members.get(username)
  const ended = openInvitations(state)
    .filter(({ invitee }) => invitee.username === username && invitee.fingerprint !== spare)
    .map((invitation): Ended => {
      return { type: 'cancelled', at, from: invitation.inviter, invitation: invitation.id, reason: `account ${reason}` }
    })
  if (!member || member.fingerprint === spare) return accept(ended)
  const { userId, fingerprint } = member
  const left: Left = { type: 'left', at, from: { userId, username, fingerprint }, reason, text: null }
  return accept([left, ...cancelled(state, username, at), ...ended])
}

/** Nobody but a member can hold an invitation open: those he made go with him. */
function cancelled(state: Conversation, username: string, at: number): readonly Ended[] {
  return openInvitations(state)
    .filter(({ inviter }) => inviter.username === username)
    .map(({ id, inviter }) => ({
      type: 'cancelled',
      at,
      from: inviter,
      invitation: id,
      reason: 'the inviter left',
    }))
}
