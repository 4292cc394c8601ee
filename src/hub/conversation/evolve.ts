import type { ConversationId } from '../../wire/formats.js'
import type { Accepted, Ended, Event, Invited, Joined, Left, Renewed, Started } from './events.js'
import { Invitations } from './invitations.js'
import type { Conversation, Invitation } from './state.js'

/** The state before `started`. */
export function emptyConversation(id: ConversationId): Conversation {
  return { id, lastSeq: 0, epoch: 0, members: new Map(), former: new Map(), invitations: Invitations.of([]) }
}

/** The state after the next event of the log. Never changes `state`. */
export function evolve(state: Conversation, event: Event): Conversation {
  const next = { ...state, lastSeq: state.lastSeq + 1 }
  switch (event.type) {
    case 'started':
      return { ...next, members: begun(next, event) }
    case 'invited':
      return withInvitation(next, invitationOf(event, next.lastSeq))
    case 'accepted':
      return withAcceptance(next, event)
    case 'joined':
      return withMember(next, event)
    case 'declined':
    case 'cancelled':
    case 'expired':
      return withEnd(next, event)
    case 'left':
      return withoutMember(next, event)
    case 'renewed':
      return withRenewal(next, event)
    case 'message':
      return event.raisesEpoch ? { ...next, epoch: next.epoch + 1 } : next
  }
}

function begun(state: Conversation, { from }: Started): Conversation['members'] {
  const { userId, username, fingerprint } = from
  return new Map([[username, { userId, username, fingerprint, fromSeq: state.lastSeq }]])
}

function invitationOf(event: Invited, seq: number): Invitation {
  const { userId, username, fingerprint } = event.from
  return {
    id: event.invitation,
    state: 'invited',
    inviter: { userId, username, fingerprint },
    invitee: event.invitee,
    expiresAt: event.expiresAt,
    challenge: event.challenge,
    attachment: event.attachmentDigest,
    roster: event.roster,
    rosterSeq: event.rosterSeq,
    invitedSeq: seq,
    acceptance: null,
    confirmation: null,
    endedSeq: null,
    reason: null,
  }
}

function withInvitation(state: Conversation, invitation: Invitation): Conversation {
  return { ...state, invitations: state.invitations.with(invitation) }
}

function invitationIn(state: Conversation, id: Invitation['id']): Invitation {
  const invitation = state.invitations.get(id)
  if (!invitation) throw new Error(`the log of ${state.id} names invitation ${id} before it was made`)
  return invitation
}

function withAcceptance(state: Conversation, event: Accepted): Conversation {
  const { challenge, signature, attachmentDigest: attachment } = event
  const invitation = invitationIn(state, event.invitation)
  return withInvitation(state, { ...invitation, state: 'accepted', acceptance: { challenge, attachment, signature } })
}

function withMember(state: Conversation, event: Joined): Conversation {
  const { userId, username, fingerprint } = event.member
  const members = new Map(state.members).set(username, { userId, username, fingerprint, fromSeq: state.lastSeq })
  const former = new Map(state.former)
  former.delete(username)
  const confirmation = {
    signature: event.inviterSignature,
    attachment: event.confirmationAttachment,
    commit: event.commitAttachment,
  }
  const invitation = { ...invitationIn(state, event.invitation), confirmation }
  const epoch = state.epoch + (event.raisesEpoch ? 1 : 0)
  return withInvitation(
    { ...state, members, former, epoch },
    { ...invitation, state: 'joined', endedSeq: state.lastSeq },
  )
}

function withEnd(state: Conversation, event: Ended): Conversation {
  const invitation = invitationIn(state, event.invitation)
  return withInvitation(state, { ...invitation, state: event.type, endedSeq: state.lastSeq, reason: event.reason })
}

function withoutMember(state: Conversation, { from }: Left): Conversation {
  const members = new Map(state.members)
  const former = new Map(state.former)
  const member = members.get(from.username)
  if (!member) throw new Error(`the log of ${state.id} lets ${from.username} leave, who is no member`)
  members.delete(from.username)
  former.set(from.username, { ...member, toSeq: state.lastSeq })
  return { ...state, members, former }
}

function withRenewal(state: Conversation, { from }: Renewed): Conversation {
  const member = state.members.get(from.username)
  if (!member) throw new Error(`the log of ${state.id} renews ${from.username}, who is no member`)
  const members = new Map(state.members).set(from.username, { ...member, fingerprint: from.fingerprint })
  return { ...state, members }
}
