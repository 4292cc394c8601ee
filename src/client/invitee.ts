import { X509Certificate } from 'node:crypto'
import type { z } from 'zod'
import type { InvitedEvent, JoinedEvent } from '../wire/events.js'
import type { AcceptParams } from '../wire/operations.js'
import { type AcceptTranscript, attachmentDigest } from '../wire/transcript.js'
import { type Pin, type VerifiedCertificate, verifyNamedCertificate } from './certificates.js'
import {
  createChallenge,
  type Self,
  sign,
  verifyAttachment,
  verifyExpiry,
  verifyRoster,
  verifySignature,
} from './invitation.js'
import { verify } from './verification-error.js'

type Invited = z.output<typeof InvitedEvent>
type Joined = z.output<typeof JoinedEvent>

/** An invitation that this side has looked at and found to hold. */
export interface ReceivedInvitation {
  readonly event: Invited
  readonly inviter: VerifiedCertificate
}

/** What this side remembers of an invitation that it accepted: every line that both signatures cover. */
export interface AcceptedInvitation {
  readonly transcript: AcceptTranscript
  readonly inviter: VerifiedCertificate
}

/**
 * Pass 1, as the invitee sees it: the inviter's certificate up to the pinned root, himself as the one invited,
 * the members and their digest, the expiry. Throws VerificationError.
 */
export function receiveInvitation(self: Self, pin: Pin, event: Invited, now: Date): ReceivedInvitation {
  const { from, invitee, expiresAt, roster, members } = event
  const isForSelf = invitee.username === self.username && invitee.fingerprint === self.fingerprint
  verify(isForSelf, 'invitation_invalid', `the invitation is for ${invitee.username} under ${invitee.fingerprint}`)
  const inviter = verifyNamedCertificate({ ...from, certificate: event.certificate }, pin, now)
  verify(inviter.username !== self.username, 'invitation_invalid', 'nobody is invited by himself')
  verifyRoster(roster, members, inviter, self.username)
  verifyAttachment(event.attachment, event.attachmentDigest)
  verifyExpiry(expiresAt, now)
  return { event, inviter }
}

/** The same of one that was verified when it came. */
export function recallInvitation(event: Invited): ReceivedInvitation {
  const { publicKey, validTo } = new X509Certificate(event.certificate)
  const { username, fingerprint } = event.from
  return { event, inviter: { username, fingerprint, publicKey, notAfter: new Date(validTo) } }
}

/** Pass 2: what to send as `accept`, and what to remember until `joined` comes. */
export function acceptInvitation(
  self: Self,
  pin: Pin,
  received: ReceivedInvitation,
  attachment?: string,
): { readonly params: z.input<typeof AcceptParams>; readonly accepted: AcceptedInvitation } {
  const answer = { challenge: createChallenge(), ...(attachment !== undefined && { attachment }) }
  const accepted = recallAcceptance(self, pin, received, answer)
  const signature = sign(self, 'accept', accepted.transcript)
  return { params: { invitation: received.event.invitation, signature, ...answer }, accepted }
}

/** What acceptInvitation remembers, from what was sent. */
export function recallAcceptance(
  self: Self,
  pin: Pin,
  { event, inviter }: ReceivedInvitation,
  { challenge, attachment }: Pick<z.input<typeof AcceptParams>, 'challenge' | 'attachment'>,
): AcceptedInvitation {
  const transcript: AcceptTranscript = {
    hub: pin.rootFingerprint,
    conversation: event.conversation,
    invitation: event.invitation,
    expires: event.expiresAt,
    inviter: inviter.username,
    inviterCertificate: inviter.fingerprint,
    inviterChallenge: event.challenge,
    invitee: self.username,
    inviteeCertificate: self.fingerprint,
    inviteeChallenge: challenge,
    roster: event.roster,
    inviterAttachment: event.attachmentDigest,
    inviteeAttachment: attachmentDigest(attachment),
  }
  return { transcript, inviter }
}

/**
 * Pass 3, as the invitee sees it: the inviter's signature over what this side remembers, its own challenge in it.
 * Throws VerificationError.
 */
export async function verifyConfirmation(accepted: AcceptedInvitation, joined: Joined): Promise<void> {
  const { transcript, inviter } = accepted
  verify(joined.invitation === transcript.invitation, 'invitation_invalid', 'the confirmation is of another invitation')
  verifyAttachment(joined.attachment, joined.confirmationAttachment)
  verifyAttachment(joined.commit, joined.commitAttachment)
  const { confirmationRoster, confirmationAttachment, commitAttachment, inviterSignature } = joined
  const fields = { ...transcript, confirmationRoster, confirmationAttachment, commitAttachment }
  await verifySignature(inviter.publicKey, 'confirm', fields, inviterSignature)
}
