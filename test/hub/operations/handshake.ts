import { signTranscript } from '../../../src/pki/signature.js'
import { attachmentDigest, buildAcceptTranscript, buildConfirmTranscript } from '../../../src/wire/transcript.js'
import type { Fields } from '../../support/hub-client.js'
import { challenge } from '../../support/user.js'
import type { HubFixture, HubUser } from './hub-fixture.js'

/** An invitation as far as it has come, with all that both sides sign. */
export interface Handshake {
  readonly invitation: string
  readonly inviter: HubUser
  readonly invitee: HubUser
  readonly fields: Parameters<typeof buildAcceptTranscript>[0]
  /** Answer of `invite`. */
  readonly invited: Fields
}

export interface Attachments {
  readonly attachment?: string
}

export async function inviteTo(
  hub: HubFixture,
  conversation: string,
  inviter: HubUser,
  invitee: HubUser,
  { attachment }: Attachments = {},
): Promise<Handshake> {
  const { username, fingerprint } = invitee
  const inviterChallenge = challenge()
  const params = { conversation, username, fingerprint, challenge: inviterChallenge, ...(attachment && { attachment }) }
  const invited = await hub.call(inviter, 'invite', params)
  const fields = {
    hub: hub.rootFingerprint,
    conversation,
    invitation: invited.invitation,
    expires: invited.expiresAt,
    inviter: inviter.username,
    inviterCertificate: inviter.fingerprint,
    inviterChallenge,
    invitee: username,
    inviteeCertificate: fingerprint,
    inviteeChallenge: challenge(),
    roster: invited.roster,
    inviterAttachment: attachmentDigest(attachment),
    inviteeAttachment: '-',
  }
  return { invitation: invited.invitation, inviter, invitee, fields, invited }
}

/** Params of `accept`. */
export function acceptance({ invitation, invitee, fields }: Handshake) {
  const signature = signTranscript(invitee.key, 'accept', buildAcceptTranscript(fields)).toString('base64url')
  return { invitation, challenge: fields.inviteeChallenge, signature }
}

/** Params of `confirm`, signed over `roster`. */
export function confirmation({ invitation, inviter, fields }: Handshake, roster = fields.roster) {
  const digests = { confirmationRoster: roster, confirmationAttachment: '-', commitAttachment: '-' }
  const transcript = buildConfirmTranscript({ ...fields, ...digests })
  return { invitation, signature: signTranscript(inviter.key, 'confirm', transcript).toString('base64url') }
}

export async function join(
  hub: HubFixture,
  conversation: string,
  inviter: HubUser,
  invitee: HubUser,
): Promise<Handshake> {
  const handshake = await inviteTo(hub, conversation, inviter, invitee)
  await hub.call(invitee, 'accept', acceptance(handshake))
  await hub.call(inviter, 'confirm', confirmation(handshake))
  return handshake
}

/** A conversation of the first with the others, all joined. */
export async function conversationOf(hub: HubFixture, ...[first, ...others]: [HubUser, ...HubUser[]]): Promise<string> {
  const participants = others.map(({ username, fingerprint }) => ({ username, fingerprint }))
  const { conversation } = await hub.call(first, 'start', { participants })
  for (const other of others) await join(hub, conversation, first, other)
  return conversation
}
