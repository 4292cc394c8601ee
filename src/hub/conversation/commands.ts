import type { ConversationId, InvitationId } from '../../wire/formats.js'
import type { Actor, Party } from './state.js'

interface Base {
  /** Now, in milliseconds since the epoch of Unix. */
  readonly at: number
}

export interface Start extends Base {
  readonly type: 'start'
  readonly by: Actor
  readonly conversation: ConversationId
  readonly participants: readonly { readonly username: string; readonly fingerprint: string }[]
}

export interface Invite extends Base {
  readonly type: 'invite'
  readonly by: Actor
  readonly invitation: InvitationId
  readonly invitee: Party
  readonly certificate: string
  readonly challenge: string
  readonly expiresAt: string
  readonly attachment: string | null
  readonly attachmentDigest: string
  readonly membersMax: number
  /** Of all that the conversation had, ended ones too. */
  readonly invitationsMax: number
}

export interface Accept extends Base {
  readonly type: 'accept'
  readonly by: Actor
  readonly invitation: InvitationId
  readonly certificate: string
  readonly challenge: string
  readonly signature: string
  readonly attachment: string | null
  readonly attachmentDigest: string
  /** Whether the signature verifies over the transcript of this invitation and these parameters. */
  readonly proven: boolean
}

/** A signature was checked against one roster; whether that is still the roster is for `decide` to see. */
export interface RosterProof {
  readonly roster: string
  readonly good: boolean
}

export interface Confirm extends Base {
  readonly type: 'confirm'
  readonly by: Actor
  readonly invitation: InvitationId
  readonly signature: string
  readonly attachment: string | null
  readonly attachmentDigest: string
  readonly commit: string | null
  readonly commitDigest: string
  readonly epoch: number | null
  readonly proof: RosterProof
  readonly inviterCertificate: string
  readonly memberCertificate: string
  /** The members that `invited` showed. */
  readonly invitedMembers: readonly { readonly username: string; readonly fingerprint: string }[]
}

export interface Decline extends Base {
  readonly type: 'decline' | 'cancel'
  readonly by: Actor
  readonly invitation: InvitationId
  readonly reason: string | null
}

/** The server cancels: a certificate in the transcript is no longer good. */
export interface Withdraw extends Base {
  readonly type: 'withdraw'
  readonly invitation: InvitationId
  readonly reason: string
}

/** Time may be up. */
export interface Expire extends Base {
  readonly type: 'expire'
  readonly invitation: InvitationId
}

export interface Leave extends Base {
  readonly type: 'leave'
  readonly by: Actor
  readonly text: string | null
}

/** A stay ends without its member: his account was recovered by password, or deleted. */
export interface Remove extends Base {
  readonly type: 'remove'
  readonly username: string
  readonly reason: 'recovered' | 'deleted'
  /** Fingerprint of the certificate under which a stay, or an invitation to him, goes on; null for none. */
  readonly spare: string | null
}

/** A member acts under a renewed certificate. */
export interface Renew extends Base {
  readonly type: 'renew'
  readonly by: Actor
  readonly certificate: string
  /** The fingerprint that it was found to renew. */
  readonly previous: string
}

export interface Send extends Base {
  readonly type: 'send'
  readonly by: Actor
  readonly messageId: string
  readonly payload: string
  readonly contentType: string | null
  readonly epoch: number | null
  /** The message of this sender and messageId, if there is one already. */
  readonly known: KnownMessage | null
}

export interface KnownMessage {
  readonly seq: number
  readonly at: number
  readonly payload: string
  readonly contentType: string | null
}

export type Command = Invite | Accept | Confirm | Decline | Withdraw | Expire | Leave | Remove | Renew | Send
