import type { Confirm } from './commands.js'
import { epochConflict } from './decide-send.js'
import { accept, type Decision, refuse, repeat } from './decision.js'
import type { Joined } from './events.js'
import { refuseMove } from './invitation-rules.js'
import { memberList, rosterOf } from './roster.js'
import type { Acceptance, Conversation, Invitation } from './state.js'

/** Pass 3 of the three: the inviter proves himself, and the invitee becomes a member. */
export function decideConfirm(state: Conversation, command: Confirm): Decision {
  const invitation = state.invitations.get(command.invitation)
  const isInviter = invitation?.inviter.username === command.by.username && state.members.has(command.by.username)
  if (!invitation || !isInviter) return refuse('invitation_not_found')
  if (invitation.inviter.fingerprint !== command.by.fingerprint)
    return refuse('certificate_mismatch', 'the invitation was made under another certificate of yours')
  if (isRepeat(invitation, command)) return repeat({ seq: invitation.endedSeq })
  const refusal = refuseMove(invitation, command.at, ['accepted']) ?? refuseProof(state, invitation, command)
  if (refusal) return refusal
  if (command.epoch !== null && command.epoch !== state.epoch) return epochConflict(state)
  if (!invitation.acceptance) throw new Error(`invitation ${invitation.id} is accepted without an acceptance`)
  return accept([joined(state, invitation, invitation.acceptance, command)], { seq: state.lastSeq + 1 })
}

function isRepeat({ confirmation }: Invitation, command: Confirm): boolean {
  return (
    confirmation !== null &&
    confirmation.signature === command.signature &&
    confirmation.attachment === command.attachmentDigest &&
    confirmation.commit === command.commitDigest
  )
}

/** A signature over an older roster is not a false one: the inviter is shown the members and signs again. */
function refuseProof(state: Conversation, invitation: Invitation, { proof }: Confirm): Decision | null {
  const roster = rosterOf(state)
  if (proof.roster !== roster) return refuse('stale_proof')
  if (proof.good) return null
  if (roster === invitation.roster) return refuse('invalid_signature')
  return refuse('roster_changed', 'the members have changed since the invitation: look, and sign again', {
    members: memberList(state.members),
    roster,
  })
}

function joined(state: Conversation, invitation: Invitation, acceptance: Acceptance, command: Confirm): Joined {
  return {
    type: 'joined',
    at: command.at,
    from: command.by,
    invitation: invitation.id,
    expiresAt: invitation.expiresAt,
    inviter: { ...invitation.inviter, certificate: command.inviterCertificate },
    member: { ...invitation.invitee, certificate: command.memberCertificate },
    inviterChallenge: invitation.challenge,
    inviteeChallenge: acceptance.challenge,
    roster: invitation.roster,
    members: command.invitedMembers,
    rosterSeq: invitation.rosterSeq,
    confirmationRoster: rosterOf(state),
    inviteeSignature: acceptance.signature,
    inviterSignature: command.signature,
    inviterAttachment: invitation.attachment,
    inviteeAttachment: acceptance.attachment,
    confirmationAttachment: command.attachmentDigest,
    commitAttachment: command.commitDigest,
    commit: command.commit,
    attachment: command.attachment,
    raisesEpoch: command.epoch !== null,
  }
}
