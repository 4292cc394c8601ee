import { signTranscript } from '../../src/pki/signature.js'
import { attachmentDigest, buildAcceptTranscript, buildConfirmTranscript } from '../../src/wire/transcript.js'
import type { Fields, HubClient } from './hub-client.js'
import type { TestServer } from './server.js'
import { challenge, type User } from './user.js'

/** The transcript fields of an invitation, from what the invitee was shown and answers. */
export function acceptFields(server: TestServer, invited: Fields, inviteeChallenge: string, attachment?: string) {
  return {
    hub: server.rootFingerprint,
    conversation: invited.conversation,
    invitation: invited.invitation,
    expires: invited.expiresAt,
    inviter: invited.from.username,
    inviterCertificate: invited.from.fingerprint,
    inviterChallenge: invited.challenge,
    invitee: invited.invitee.username,
    inviteeCertificate: invited.invitee.fingerprint,
    inviteeChallenge,
    roster: invited.roster,
    inviterAttachment: invited.attachmentDigest,
    inviteeAttachment: attachmentDigest(attachment),
  }
}

/** Pass 2: what the invitee sends. */
export function acceptance(server: TestServer, invitee: User, invited: Fields, attachment?: string) {
  const own = challenge()
  const transcript = buildAcceptTranscript(acceptFields(server, invited, own, attachment))
  const signature = signTranscript(invitee.key, 'accept', transcript).toString('base64url')
  return { invitation: invited.invitation, challenge: own, signature, ...(attachment && { attachment }) }
}

/** Pass 3: what the inviter sends. `invited` and `accepted` are the events he saw. */
export function confirmation(
  server: TestServer,
  inviter: User,
  invited: Fields,
  accepted: Fields,
  { roster = invited.roster, attachment, commit }: { roster?: string; attachment?: string; commit?: string } = {},
) {
  const transcript = buildConfirmTranscript({
    ...acceptFields(server, invited, accepted.challenge),
    inviteeAttachment: accepted.attachmentDigest,
    confirmationRoster: roster,
    confirmationAttachment: attachmentDigest(attachment),
    commitAttachment: attachmentDigest(commit),
  })
  const signature = signTranscript(inviter.key, 'confirm', transcript).toString('base64url')
  return { invitation: invited.invitation, signature, ...(attachment && { attachment }), ...(commit && { commit }) }
}

export interface Party {
  readonly user: User
  readonly client: HubClient
}

/** Brings `invitee` into `conversation`, all three passes. Answers the `joined` event as the invitee saw it. */
export async function join(
  server: TestServer,
  conversation: string,
  inviter: Party,
  invitee: Party,
  roster?: string,
): Promise<Fields> {
  const { username, fingerprint } = invitee.user
  const { invitation } = await inviter.client.call('invite', {
    conversation,
    username,
    fingerprint,
    challenge: challenge(),
  })
  const invited = await invitee.client.event((e) => e.type === 'invited' && e.invitation === invitation)
  await invitee.client.call('accept', acceptance(server, invitee.user, invited))
  const accepted = await inviter.client.event((e) => e.type === 'accepted' && e.invitation === invitation)
  await inviter.client.call('confirm', confirmation(server, inviter.user, invited, accepted, roster ? { roster } : {}))
  return invitee.client.event((e) => e.type === 'joined' && e.invitation === invitation)
}

/** A conversation of the first with the others, all joined. */
export async function conversationOf(server: TestServer, ...[first, ...others]: [Party, ...Party[]]): Promise<string> {
  const participants = others.map(({ user }) => ({ certificate: user.certificate }))
  const { conversation } = await first.client.call('start', { participants })
  for (const other of others) await join(server, conversation, first, other)
  return conversation
}
