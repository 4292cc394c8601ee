import type { Command, Start } from './commands.js'
import { decideAccept } from './decide-accept.js'
import { decideConfirm } from './decide-confirm.js'
import { decideCancel, decideDecline, decideExpire, decideWithdraw } from './decide-end.js'
import { decideInvite } from './decide-invite.js'
import { decideLeave, decideRemove } from './decide-leave.js'
import { decideRenew } from './decide-renew.js'
import { decideSend } from './decide-send.js'
import type { Decision } from './decision.js'
import type { Started } from './events.js'
import type { Conversation } from './state.js'

/**
 * What a command comes to in a conversation. Pure and synchronous: time, randomness and "the signature is good"
 * are in the command. To someone who is not a member a conversation, or an invitation of others, does not exist.
 */
export function decide(state: Conversation, command: Command): Decision {
  switch (command.type) {
    case 'invite':
      return decideInvite(state, command)
    case 'accept':
      return decideAccept(state, command)
    case 'confirm':
      return decideConfirm(state, command)
    case 'decline':
      return decideDecline(state, command)
    case 'cancel':
      return decideCancel(state, command)
    case 'withdraw':
      return decideWithdraw(state, command)
    case 'expire':
      return decideExpire(state, command)
    case 'leave':
      return decideLeave(state, command)
    case 'remove':
      return decideRemove(state, command)
    case 'renew':
      return decideRenew(state, command)
    case 'send':
      return decideSend(state, command)
  }
}

/** The first event of a conversation: the caller is its first member, the others are only listed. */
export function begin({ at, by, participants }: Start): Started {
  return { type: 'started', at, from: by, participants }
}
