import type { z } from 'zod'
import type { JoinedEvent } from '../wire/events.js'
import type { ConfirmTranscript } from '../wire/transcript.js'
import { type Pin, verifyNamedCertificate } from './certificates.js'
import { verifyAttachment, verifyRoster, verifySignature } from './invitation.js'
import { verify } from './verification-error.js'

type Joined = z.output<typeof JoinedEvent>

/** A hub whose clock is set back goes on with a time before that of certificates it has issued. */
export const SET_BACK = { earlyMs: 86_400_000 }

/**
 * Whether somebody became a member by two signatures, as anyone who has pinned the root can verify: both
 * certificates, both signatures, the roster. That the certificates were not revoked then, and the time itself, is
 * the server's word. Throws VerificationError.
 */
export async function verifyMembership(pin: Pin, joined: Joined): Promise<void> {
  const at = new Date(joined.at)
  const inviter = verifyNamedCertificate(joined.inviter, pin, at, SET_BACK)
  const member = verifyNamedCertificate(joined.member, pin, at, SET_BACK)
  verify(inviter.username !== member.username, 'invitation_invalid', 'nobody is invited by himself')
  verify(joined.inviterChallenge !== joined.inviteeChallenge, 'invitation_invalid', 'the two challenges are the same')
  verifyRoster(joined.roster, joined.members, inviter, member.username)
  verifyAttachment(joined.commit, joined.commitAttachment)
  const fields = transcriptOf(pin, joined)
  await verifySignature(member.publicKey, 'accept', fields, joined.inviteeSignature)
  await verifySignature(inviter.publicKey, 'confirm', fields, joined.inviterSignature)
}

/** `joined` has every line but `hub`, which comes from the pin. */
function transcriptOf(pin: Pin, joined: Joined): ConfirmTranscript {
  const { inviter, member } = joined
  return {
    hub: pin.rootFingerprint,
    conversation: joined.conversation,
    invitation: joined.invitation,
    expires: joined.expiresAt,
    inviter: inviter.username,
    inviterCertificate: inviter.fingerprint,
    inviterChallenge: joined.inviterChallenge,
    invitee: member.username,
    inviteeCertificate: member.fingerprint,
    inviteeChallenge: joined.inviteeChallenge,
    roster: joined.roster,
    inviterAttachment: joined.inviterAttachment,
    inviteeAttachment: joined.inviteeAttachment,
    confirmationRoster: joined.confirmationRoster,
    confirmationAttachment: joined.confirmationAttachment,
    commitAttachment: joined.commitAttachment,
  }
}
