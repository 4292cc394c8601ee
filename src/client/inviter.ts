import type { z } from 'zod'
import type { AcceptedEvent, Party } from '../wire/events.js'
import type { ConfirmParams, InviteParams, InviteResult } from '../wire/operations.js'
import { type AcceptTranscript, attachmentDigest, type ConfirmTranscript } from '../wire/transcript.js'
import { type Pin, type VerifiedCertificate, verifyUserCertificate } from './certificates.js'
import {
  digestOf,
  type Self,
  sign,
  verifyAttachment,
  verifyExpiry,
  verifyRoster,
  verifySignature,
} from './invitation.js'
import { verify } from './verification-error.js'

type Accepted = z.output<typeof AcceptedEvent>

/** What the inviter remembers of his own invitation. */
export interface SentInvitation {
  readonly sent: z.input<typeof InviteParams>
  readonly answer: z.output<typeof InviteResult>
}

/** An acceptance whose signature this side has verified: every line that both signatures cover. */
export interface VerifiedAcceptance {
  readonly transcript: AcceptTranscript
  readonly members: readonly Party[]
  readonly invitee: VerifiedCertificate
  /** base64url, what the invitee's program added. */
  readonly attachment?: string
}

/** Pass 1, as the inviter sees it: the answer to `invite` shows him under his own certificate, and ends in time. */
export function rememberInvitation(
  self: Self,
  sent: z.input<typeof InviteParams>,
  answer: z.output<typeof InviteResult>,
  now: Date,
): SentInvitation {
  verifyRoster(answer.roster, answer.members, self, sent.username)
  verifyExpiry(answer.expiresAt, now)
  return { sent, answer }
}

/**
 * Pass 2, as the inviter sees it: the invitee's certificate up to the pinned root, the fingerprint that was
 * invited, and his signature over what this side remembers. Throws VerificationError.
 */
export async function verifyAcceptance(
  self: Self,
  pin: Pin,
  { sent, answer }: SentInvitation,
  event: Accepted,
  now: Date,
): Promise<VerifiedAcceptance> {
  verify(event.invitation === answer.invitation, 'invitation_invalid', 'the acceptance is of another invitation')
  const invitee = verifyUserCertificate(event.certificate, sent.username, pin, now)
  verify(
    invitee.fingerprint === sent.fingerprint,
    'certificate_swapped',
    `${sent.username} answers with another certificate`,
  )
  verify(event.challenge !== sent.challenge, 'invitation_invalid', 'the two challenges are the same')
  verifyAttachment(event.attachment, event.attachmentDigest)
  const transcript: AcceptTranscript = {
    hub: pin.rootFingerprint,
    conversation: sent.conversation,
    invitation: answer.invitation,
    expires: answer.expiresAt,
    inviter: self.username,
    inviterCertificate: self.fingerprint,
    inviterChallenge: sent.challenge,
    invitee: invitee.username,
    inviteeCertificate: invitee.fingerprint,
    inviteeChallenge: event.challenge,
    roster: answer.roster,
    inviterAttachment: attachmentDigest(sent.attachment),
    inviteeAttachment: event.attachmentDigest,
  }
  await verifySignature(invitee.publicKey, 'accept', transcript, event.signature)
  const { attachment } = event
  return { transcript, members: answer.members, invitee, ...(attachment !== undefined && { attachment }) }
}

export interface Confirmation {
  /** The members as the inviter sees them now; by default those of the invitation. */
  readonly members?: readonly Party[]
  readonly attachment?: string
  readonly commit?: string
  readonly epoch?: number
}

/**
 * Pass 3: what to send as `confirm`. After `roster_changed`, look at its `members` and call this again with them.
 * Throws VerificationError when they do not have this side in, or have the invitee in already.
 */
export function confirmInvitation(
  self: Self,
  { transcript, members: invited }: Pick<VerifiedAcceptance, 'transcript' | 'members'>,
  { members = invited, attachment, commit, epoch }: Confirmation = {},
): z.input<typeof ConfirmParams> {
  // Perhaps under a certificate that he has renewed since.
  const isMember = members.some(({ username }) => username === self.username)
  verify(isMember, 'roster_mismatch', 'this side is not among the members')
  verify(
    !members.some(({ username }) => username === transcript.invitee),
    'roster_mismatch',
    `${transcript.invitee} is a member already`,
  )
  const fields: ConfirmTranscript = {
    ...transcript,
    confirmationRoster: digestOf(members),
    confirmationAttachment: attachmentDigest(attachment),
    commitAttachment: attachmentDigest(commit),
  }
  return {
    invitation: transcript.invitation,
    signature: sign(self, 'confirm', fields),
    ...(attachment !== undefined && { attachment }),
    ...(commit !== undefined && { commit }),
    ...(epoch !== undefined && { epoch }),
  }
}
