import type { ConversationId, InvitationId } from '../../wire/formats.js'
import type { Invitations } from './invitations.js'

/** A user under one certificate. `userId` is the store's; the name and the fingerprint are what others see. */
export interface Party {
  readonly userId: number
  readonly username: string
  readonly fingerprint: string
}

/** Whose act an event is. */
export interface Actor extends Party {
  readonly device?: string
}

/** A member under the certificate of his latest `started`, `joined` or `renewed`. */
export interface Member extends Party {
  readonly fromSeq: number
}

export type InvitationState = 'invited' | 'accepted' | 'joined' | 'declined' | 'cancelled' | 'expired'

/** What the invitee added by accepting; `attachment` is a digest. */
export interface Acceptance {
  readonly challenge: string
  readonly attachment: string
  readonly signature: string
}

/** What the inviter added by confirming; `attachment` and `commit` are digests. */
export interface Confirmation {
  readonly signature: string
  readonly attachment: string
  readonly commit: string
}

export interface Invitation {
  readonly id: InvitationId
  readonly state: InvitationState
  readonly inviter: Party
  readonly invitee: Party
  /** YYYY-MM-DDTHH:MM:SSZ, the very string of the transcript. */
  readonly expiresAt: string
  readonly challenge: string
  /** Digest of the attachment to `invite`. */
  readonly attachment: string
  readonly roster: string
  readonly rosterSeq: number
  readonly invitedSeq: number
  readonly acceptance: Acceptance | null
  readonly confirmation: Confirmation | null
  /** Seq of the event that ended it, `joined` included. */
  readonly endedSeq: number | null
  readonly reason: string | null
}

/** A conversation without its messages. Immutable: `evolve` makes the next one. */
export interface Conversation {
  readonly id: ConversationId
  readonly lastSeq: number
  readonly epoch: number
  /** By username. */
  readonly members: ReadonlyMap<string, Member>
  /** Those who have left and are not back: username to the end of the last stay. */
  readonly former: ReadonlyMap<string, Departure>
  readonly invitations: Invitations
}

export interface Departure extends Member {
  readonly toSeq: number
}

export function isOpen(invitation: Invitation): boolean {
  return invitation.state === 'invited' || invitation.state === 'accepted'
}

export function openInvitations(conversation: Conversation): readonly Invitation[] {
  return [...conversation.invitations.open]
}

/** A conversation nobody is a member of any more takes no further commands. */
export function isClosed(conversation: Conversation): boolean {
  return conversation.members.size === 0
}
