import { verifyTranscript } from '../../pki/signature.js'
import { buildAcceptTranscript, buildConfirmTranscript } from '../../wire/transcript.js'
import type { Acceptance, Confirmation, Conversation, Invitation } from '../conversation/state.js'
import type { Call } from './operation.js'

/** The lines of the transcript that both signatures cover. */
function commonFields(
  call: Call,
  conversation: Conversation,
  invitation: Invitation,
  acceptance: Omit<Acceptance, 'signature'>,
) {
  return {
    hub: call.hub.rootFingerprint,
    conversation: conversation.id,
    invitation: invitation.id,
    expires: invitation.expiresAt,
    inviter: invitation.inviter.username,
    inviterCertificate: invitation.inviter.fingerprint,
    inviterChallenge: invitation.challenge,
    invitee: invitation.invitee.username,
    inviteeCertificate: invitation.invitee.fingerprint,
    inviteeChallenge: acceptance.challenge,
    roster: invitation.roster,
    inviterAttachment: invitation.attachment,
    inviteeAttachment: acceptance.attachment,
  }
}

/** Whether the caller, the invitee, signed the transcript of this invitation with the key of his certificate. */
export function provesAcceptance(
  call: Call,
  conversation: Conversation,
  invitation: Invitation,
  acceptance: Acceptance,
): Promise<boolean> {
  const transcript = buildAcceptTranscript(commonFields(call, conversation, invitation, acceptance))
  return verify(call, 'accept', transcript, acceptance.signature)
}

/** Whether the caller, the inviter, signed the transcript with this roster of members. */
export function provesConfirmation(
  call: Call,
  conversation: Conversation,
  invitation: Invitation & { readonly acceptance: Acceptance },
  roster: string,
  confirmation: Confirmation,
): Promise<boolean> {
  const transcript = buildConfirmTranscript({
    ...commonFields(call, conversation, invitation, invitation.acceptance),
    confirmationRoster: roster,
    confirmationAttachment: confirmation.attachment,
    commitAttachment: confirmation.commit,
  })
  return verify(call, 'confirm', transcript, confirmation.signature)
}

async function verify(
  { hub, caller }: Call,
  context: 'accept' | 'confirm',
  transcript: string,
  signature: string,
): Promise<boolean> {
  const bytes = Buffer.from(signature, 'base64url')
  const isGood = await verifyTranscript(caller.certificateDer, context, transcript, bytes)
  hub.meter.verified(isGood)
  return isGood
}
