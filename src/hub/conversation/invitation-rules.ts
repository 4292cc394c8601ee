import { type Decision, refuse } from './decision.js'
import type { Invitation, InvitationState } from './state.js'

/** Whether the time of an invitation is up; `at` in milliseconds. */
export function isOverdue(invitation: Invitation, at: number): boolean {
  return at >= Date.parse(invitation.expiresAt)
}

/** The refusal of a move that is only possible in one of `from`, or null. */
export function refuseMove(invitation: Invitation, at: number, from: readonly InvitationState[]): Decision | null {
  const { state, expiresAt } = invitation
  const open = state === 'invited' || state === 'accepted'
  if (state === 'expired' || (open && isOverdue(invitation, at)))
    return refuse('invitation_expired', `the invitation expired at ${expiresAt}`)
  if (!from.includes(state))
    return refuse('invitation_state', `the invitation is ${state}; this needs it to be ${from.join(' or ')}`, { state })
  return null
}
