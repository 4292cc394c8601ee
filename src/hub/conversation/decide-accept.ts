import type { Accept } from './commands.js'
import { accept, type Decision, refuse, repeat } from './decision.js'
import { refuseMove } from './invitation-rules.js'
import type { Conversation, Invitation } from './state.js'

/** Pass 2 of the three: the invitee proves himself. */
export function decideAccept(state: Conversation, command: Accept): Decision {
  const invitation = state.invitations.get(command.invitation)
  if (!invitation || invitation.invitee.username !== command.by.username) return refuse('invitation_not_found')
  if (invitation.invitee.fingerprint !== command.by.fingerprint)
    return refuse('certificate_mismatch', 'the invitation names another certificate of yours')
  if (isRepeat(invitation, command)) return repeat({})
  const refusal = refuseMove(invitation, command.at, ['invited'])
  if (refusal) return refusal
  if (command.challenge === invitation.challenge)
    return refuse('invalid_request', 'params.challenge: must differ from the challenge of the inviter')
  if (!command.proven) return refuse('invalid_signature')
  const { at, by, certificate, challenge, signature, attachment, attachmentDigest } = command
  return accept([
    {
      type: 'accepted',
      at,
      from: by,
      invitation: invitation.id,
      inviter: invitation.inviter.username,
      certificate,
      challenge,
      signature,
      attachment,
      attachmentDigest,
    },
  ])
}

function isRepeat({ acceptance }: Invitation, command: Accept): boolean {
  return (
    acceptance !== null &&
    acceptance.challenge === command.challenge &&
    acceptance.signature === command.signature &&
    acceptance.attachment === command.attachmentDigest
  )
}
