import type { Renew } from './commands.js'
import { accept, type Decision, refuse, repeat } from './decision.js'
import type { Conversation } from './state.js'

/** A member goes on under a renewed certificate: stands in the log before his first command under it. */
export function decideRenew(state: Conversation, { at, by, certificate, previous }: Renew): Decision {
  const member = state.members.get(by.username)
  if (!member) return refuse('conversation_not_found')
  // Another connection of his was first, perhaps under a newer one still.
  if (member.fingerprint === by.fingerprint || member.fingerprint !== previous) return repeat({})
  return accept([{ type: 'renewed', at, from: by, certificate, previous }])
}
