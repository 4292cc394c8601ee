import type { Decline, Expire, Withdraw } from './commands.js'
import { accept, type Decision, refuse, repeat } from './decision.js'
import type { Ended } from './events.js'
import { isOverdue, refuseMove } from './invitation-rules.js'
import { type Conversation, type Invitation, isOpen } from './state.js'

export function decideDecline(state: Conversation, command: Decline): Decision {
  const invitation = state.invitations.get(command.invitation)
  if (!invitation || invitation.invitee.username !== command.by.username) return refuse('invitation_not_found')
  if (invitation.invitee.fingerprint !== command.by.fingerprint)
    return refuse('certificate_mismatch', 'the invitation names another certificate of yours')
  if (isRepeat(invitation, 'declined', command)) return repeat({})
  return refuseMove(invitation, command.at, ['invited', 'accepted']) ?? end('declined', invitation, command, {})
}

export function decideCancel(state: Conversation, command: Decline): Decision {
  const invitation = state.invitations.get(command.invitation)
  const isInviter = invitation?.inviter.username === command.by.username && state.members.has(command.by.username)
  if (!invitation || !isInviter) return refuse('invitation_not_found')
  if (invitation.inviter.fingerprint !== command.by.fingerprint)
    return refuse('certificate_mismatch', 'the invitation was made under another certificate of yours')
  if (isRepeat(invitation, 'cancelled', command)) return repeat({ seq: invitation.endedSeq })
  const answer = { seq: state.lastSeq + 1 }
  return refuseMove(invitation, command.at, ['invited', 'accepted']) ?? end('cancelled', invitation, command, answer)
}

/** The server ends an open invitation; without effect on one that has ended. */
export function decideWithdraw(state: Conversation, { at, invitation: id, reason }: Withdraw): Decision {
  const invitation = state.invitations.get(id)
  if (!invitation || !isOpen(invitation)) return repeat({})
  return accept([{ type: 'cancelled', at, from: invitation.inviter, invitation: id, reason }])
}

export function decideExpire(state: Conversation, { at, invitation: id }: Expire): Decision {
  const invitation = state.invitations.get(id)
  if (!invitation || !isOpen(invitation) || !isOverdue(invitation, at)) return repeat({})
  return accept([{ type: 'expired', at, from: invitation.inviter, invitation: id, reason: null }])
}

function isRepeat(invitation: Invitation, state: Ended['type'], { reason }: Decline): boolean {
  return invitation.state === state && invitation.reason === reason
}

function end(type: Ended['type'], { id }: Invitation, { at, by, reason }: Decline, answer: unknown): Decision {
  return accept([{ type, at, from: by, invitation: id, reason }], answer)
}
