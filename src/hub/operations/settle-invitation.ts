import type { IdentityRecord } from '../../store/records.js'
import type { Command } from '../conversation/commands.js'
import { decide } from '../conversation/decide.js'
import { isOverdue } from '../conversation/invitation-rules.js'
import { type Invitation, isOpen, type Party } from '../conversation/state.js'
import type { ConversationQueue } from '../conversation-queue.js'
import { refusalOf } from '../standing.js'
import type { Call } from './operation.js'

/**
 * Before a move: an open invitation whose time is up, or whose other party's certificate is no longer good, is
 * ended first, so that the move meets it as it should be.
 */
export async function settleInvitation(call: Call, queue: ConversationQueue, invitation: Invitation, other: Party) {
  if (!isOpen(invitation)) return
  const at = call.hub.now().getTime()
  if (isOverdue(invitation, at)) return submitByServer(queue, { type: 'expire', at, invitation: invitation.id })
  const record = await call.hub.identities.findByFingerprint(other.fingerprint)
  const reason = whyNotGood(record, at)
  if (reason)
    submitByServer(queue, { type: 'withdraw', at, invitation: invitation.id, reason: `${other.username}: ${reason}` })
}

/** Why a certificate is no longer good, or null. */
export function whyNotGood(record: IdentityRecord | null, at: number): string | null {
  return record ? refusalOf(record, at) : 'certificate_unknown'
}

/** A command of the server's own: nobody waits for its answer. */
export function submitByServer(queue: ConversationQueue, command: Command, done: () => void = () => {}): void {
  queue.submit({ origin: null, decide: (state) => decide(state, command), done })
}
