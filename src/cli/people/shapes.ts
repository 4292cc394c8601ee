import type { Conversation, Invitation, SentInvitation } from '../../client/index.js'

/** An invitation to this user as --json has it: docs/cli.md "For programs". */
export function invitationShape(invitation: Invitation) {
  const { id, conversation, from, compared, change, members, expiresAt, attachment, state } = invitation
  return { invitation: id, conversation, from, compared, change, members, expiresAt, attachment, state }
}

/** One that this device made. */
function sentShape({ id, username, fingerprint, expiresAt, state }: SentInvitation) {
  return { invitation: id, username, fingerprint, expiresAt, state }
}

export function conversationShape(conversation: Conversation) {
  const { id, members, standing, isSealed, lastSeq, invitations } = conversation
  return { conversation: id, members, standing, isSealed, lastSeq, invitations: invitations.map(sentShape) }
}
