import type { Invite } from './commands.js'
import { accept, type Decision, refuse } from './decision.js'
import type { Invited } from './events.js'
import { memberList, rosterOf } from './roster.js'
import { type Conversation, openInvitations } from './state.js'

export function decideInvite(state: Conversation, command: Invite): Decision {
  const { username } = command.invitee
  const inviter = state.members.get(command.by.username)
  if (!inviter) return refuse('conversation_not_found')
  // Nobody could accept it: the roster shows the inviter under his renewed certificate.
  if (inviter.fingerprint !== command.by.fingerprint)
    return refuse('certificate_mismatch', 'the members know you under a renewed certificate: invite under that one')
  if (state.members.has(username)) return refuse('already_member', `${username} is a member already`)
  const open = openInvitations(state)
  if (open.some(({ invitee }) => invitee.username === username))
    return refuse(
      'invitation_open',
      `${username} already has an open invitation to this conversation: wait for the answer, or cancel it first`,
    )
  if (state.members.size + open.length >= command.membersMax)
    return refuse(
      'conversation_full',
      `a conversation has at most ${command.membersMax} members and open invitations (HERMES_MEMBERS_MAX)`,
    )
  if (state.invitations.size >= command.invitationsMax)
    return refuse(
      'quota_exceeded',
      `a conversation may have had at most ${command.invitationsMax} invitations; start another (HERMES_CONVERSATION_INVITATIONS_MAX)`,
      { limit: command.invitationsMax, quota: 'conversationInvitations' },
    )
  return invited(state, command)
}

function invited(state: Conversation, command: Invite): Decision {
  const roster = rosterOf(state)
  const members = memberList(state.members)
  const rosterSeq = state.lastSeq
  const { at, by, invitation, invitee, certificate, challenge, expiresAt, attachment, attachmentDigest } = command
  const event: Invited = {
    type: 'invited',
    at,
    from: by,
    invitation,
    invitee,
    certificate,
    challenge,
    expiresAt,
    roster,
    members,
    rosterSeq,
    attachment,
    attachmentDigest,
  }
  return accept([event], { invitation, expiresAt, roster, members, rosterSeq, seq: rosterSeq + 1 })
}
