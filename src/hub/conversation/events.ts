import type { InvitationId } from '../../wire/formats.js'
import type { Actor, Party } from './state.js'

/** What every event has. `at` is in milliseconds since the epoch of Unix. */
interface Base {
  readonly at: number
  readonly from: Actor
}

interface NameAndFingerprint {
  readonly username: string
  readonly fingerprint: string
}

export interface Started extends Base {
  readonly type: 'started'
  readonly participants: readonly NameAndFingerprint[]
}

export interface Invited extends Base {
  readonly type: 'invited'
  readonly invitation: InvitationId
  readonly invitee: Party
  readonly certificate: string
  readonly challenge: string
  readonly expiresAt: string
  readonly roster: string
  readonly members: readonly NameAndFingerprint[]
  readonly rosterSeq: number
  readonly attachment: string | null
  readonly attachmentDigest: string
}

export interface Accepted extends Base {
  readonly type: 'accepted'
  readonly invitation: InvitationId
  /** Username of the inviter, whom the attachment is for. */
  readonly inviter: string
  readonly certificate: string
  readonly challenge: string
  readonly signature: string
  readonly attachment: string | null
  readonly attachmentDigest: string
}

export interface Joined extends Base {
  readonly type: 'joined'
  readonly invitation: InvitationId
  readonly expiresAt: string
  readonly inviter: Party & { readonly certificate: string }
  readonly member: Party & { readonly certificate: string }
  readonly inviterChallenge: string
  readonly inviteeChallenge: string
  readonly roster: string
  readonly members: readonly NameAndFingerprint[]
  readonly rosterSeq: number
  readonly confirmationRoster: string
  readonly inviteeSignature: string
  readonly inviterSignature: string
  /** The four digests of the transcript. */
  readonly inviterAttachment: string
  readonly inviteeAttachment: string
  readonly confirmationAttachment: string
  readonly commitAttachment: string
  readonly commit: string | null
  /** For the new member alone. */
  readonly attachment: string | null
  /** Whether it raised the epoch. */
  readonly raisesEpoch: boolean
}

/** An end of an invitation but by `joined`. */
export interface Ended extends Base {
  readonly type: 'declined' | 'cancelled' | 'expired'
  readonly invitation: InvitationId
  readonly reason: string | null
}

export interface Left extends Base {
  readonly type: 'left'
  readonly reason: 'left' | 'recovered' | 'deleted'
  readonly text: string | null
}

export interface Renewed extends Base {
  readonly type: 'renewed'
  readonly certificate: string
  readonly previous: string
}

export interface Message extends Base {
  readonly type: 'message'
  readonly messageId: string
  readonly payload: string
  readonly contentType: string | null
  readonly raisesEpoch: boolean
}

export type Event = Started | Invited | Accepted | Joined | Ended | Left | Renewed | Message
