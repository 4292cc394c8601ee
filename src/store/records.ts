import type { IssuerName } from './revocation-store.js'

/** What the store keeps, as plain data. Times are `Date`s, ids of users, devices and conversations integers. */

export type Role = 'user' | 'administrator'

export interface UserRecord {
  readonly id: number
  readonly username: string
  readonly passwordHash: string
  readonly role: Role
  readonly disabledAt: Date | null
  readonly deletedAt: Date | null
  /** When a deletion that was asked for is due. */
  readonly deletionAt: Date | null
  /** Why his stays are still to be ended; null when none is. */
  readonly departure: Departure | null
}

export type Departure = 'recovered' | 'deleted'

/** Those of RFC 5280 5.3.1 that are given; the last by administrators alone. */
export type RevocationReason =
  | 'unspecified'
  | 'keyCompromise'
  | 'affiliationChanged'
  | 'superseded'
  | 'cessationOfOperation'
  | 'privilegeWithdrawn'

export type AuthorisedBy = 'registration' | 'key' | 'password'

export interface NewCertificate {
  /** Lower-case hex. */
  readonly serialNumber: string
  /** `sha256:` and 64 hex digits over `der`. */
  readonly fingerprint: string
  /** 64 hex digits: SHA-256 over the DER of SubjectPublicKeyInfo. */
  readonly spkiHash: string
  readonly der: Uint8Array
  readonly notBefore: Date
  readonly notAfter: Date
  readonly authorisedBy: AuthorisedBy
  /** The users' CA that signed it. */
  readonly issuer: IssuerName
}

export interface CertificateRecord extends NewCertificate {
  readonly userId: number
  /** Fingerprint of the certificate that this one renews. */
  readonly previous: string | null
  readonly supersededAt: Date | null
  readonly revokedAt: Date | null
  readonly revocationReason: string | null
}

export interface IdentityRecord {
  readonly user: UserRecord
  readonly certificate: CertificateRecord
}

export interface EscrowRecord {
  /** PEM, as it was given. */
  readonly blob: string
  readonly spkiHash: string
}

/** A stay: the events `fromSeq` to `toSeq` (or without end) that a member may see. */
export interface Stay {
  readonly fromSeq: number
  readonly toSeq: number | null
}

export interface StoredMember extends Stay {
  readonly userId: number
  readonly username: string
  /** Of his latest `started`, `joined` or `renewed` event. */
  readonly fingerprint: string
}

export type InvitationState = 'invited' | 'accepted' | 'joined' | 'declined' | 'cancelled' | 'expired'

export interface StoredParty {
  readonly userId: number
  readonly username: string
  readonly fingerprint: string
}

/** A row of the Invitation projection: what the transcript needs and what answers a repeated request. */
export interface StoredInvitation {
  readonly id: string
  readonly state: InvitationState
  readonly inviter: StoredParty
  readonly invitee: StoredParty
  /** The very string of the transcript: YYYY-MM-DDTHH:MM:SSZ. */
  readonly expiresAt: string
  readonly inviterChallenge: string
  readonly inviterAttachment: string
  readonly roster: string
  readonly rosterSeq: number
  /** Seq of `invited`. */
  readonly invitedSeq: number
  readonly inviteeChallenge: string | null
  readonly inviteeAttachment: string | null
  readonly inviteeSignature: string | null
  readonly inviterSignature: string | null
  readonly confirmationAttachment: string | null
  readonly commitAttachment: string | null
  /** Seq of the event that ended it (`joined` included). */
  readonly endedSeq: number | null
  /** Text given to `decline` or `cancel`, or the server's reason. */
  readonly reason: string | null
}

/** A conversation without its messages: what the pure rules need. */
export interface ConversationSnapshot {
  readonly id: number
  readonly uuid: string
  readonly createdBy: number
  readonly lastSeq: number
  readonly epoch: number
  readonly closed: boolean
  /** Every stay ever, ended ones included, by fromSeq. */
  readonly stays: readonly StoredMember[]
  readonly invitations: readonly StoredInvitation[]
}

export interface StoredEvent {
  readonly seq: number
  readonly type: string
  /** The event as JSON text; opaque to the store. */
  readonly body: string
}

export interface StoredMessage {
  readonly seq: number
  readonly body: string
}

/** The conversation a request made or changed, and the event that its first answer is rebuilt from. */
export interface StoredRequest {
  /** Hex digest of its parameters. */
  readonly hash: string
  readonly conversationId: number
  readonly uuid: string
  readonly seq: number
}

export interface DeviceRecord {
  readonly id: number
  readonly userId: number
  readonly name: string
}

/** One conversation as a device sees it. */
export interface MailboxConversation {
  readonly conversationId: number
  readonly uuid: string
  readonly lastSeq: number
  /** By fromSeq; never empty. In a mailbox those alone that the device has not acknowledged to the end. */
  readonly stays: readonly Stay[]
  /** The last event this device acknowledged, 0 for none. */
  readonly ackedSeq: number
}

/** An event of an invitation to its user that a device has not acknowledged. */
export interface Notice {
  readonly invitation: string
  readonly conversationId: number
  readonly seq: number
  /** Which of the two events of an invitation it is: `invited`, or its end (declined, cancelled or expired). */
  readonly place: 1 | 2
}

/** What a device may see when it connects, but for the conversations that its user has left. */
export interface Mailbox {
  /** Those that its user is a member of, each with what the device has not acknowledged of earlier stays. */
  readonly conversations: readonly MailboxConversation[]
  /** The earliest, so many at most as were asked for. */
  readonly notices: readonly Notice[]
}

/** Conversations that a user has left and a device has not acknowledged to the end. */
export interface LeftConversations {
  readonly conversations: readonly MailboxConversation[]
  /** The id of the conversation that the next page comes after; null when this was the last. */
  readonly next: number | null
}

/** A row of the list of a user's conversations. */
export interface ListedConversation {
  readonly conversation: string
  readonly status: 'member' | 'invited' | 'left'
  /** The last event that he may see, 0 for none. */
  readonly lastSeq: number
  /** The last event that the device acknowledged, 0 for none. */
  readonly ackedSeq: number
}
