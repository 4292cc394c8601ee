import { randomUUID } from 'node:crypto'
import { createChallenge, sign } from '../../src/client/invitation.js'
import { type CertifiedParty, JoinedEvent, type Party } from '../../src/wire/events.js'
import { attachmentDigest, rosterDigest } from '../../src/wire/transcript.js'
import { DAY, type Installation, now, type TestParty } from './parties.js'

interface Told {
  readonly conversation: string
  readonly seq: number
  /** Those who are in it already, the inviter too. */
  readonly members: readonly Party[]
  /** The same when he joins; `members` where nothing has changed. */
  readonly confirmed?: readonly Party[]
  readonly attachment?: string
  readonly commit?: string
}

/** How `inviter` brings in `member` by two signatures that hold, as the new member is shown it. */
export function joinedBy({ pin }: Installation, inviter: TestParty, member: TestParty, told: Told) {
  const { conversation, seq, members, attachment, commit } = told
  const invitation = randomUUID()
  const expiresAt = `${new Date(now.getTime() + 7 * DAY).toISOString().slice(0, 19)}Z`
  const [roster, confirmationRoster] = [rosterDigest(members), rosterDigest(told.confirmed ?? members)]
  const [inviterChallenge, inviteeChallenge] = [createChallenge(), createChallenge()]
  const digests = {
    inviterAttachment: '-',
    inviteeAttachment: '-',
    confirmationRoster,
    confirmationAttachment: attachmentDigest(attachment),
    commitAttachment: attachmentDigest(commit),
  }
  const transcript = {
    hub: pin.rootFingerprint,
    conversation,
    invitation,
    expires: expiresAt,
    inviter: inviter.username,
    inviterCertificate: inviter.fingerprint,
    inviterChallenge,
    invitee: member.username,
    inviteeCertificate: member.fingerprint,
    inviteeChallenge,
    roster,
    ...digests,
  }
  return JoinedEvent.parse({
    ...{
      conversation,
      seq,
      at: now.toISOString(),
      type: 'joined',
      invitation,
      expiresAt,
      roster,
      members,
      rosterSeq: 1,
    },
    from: { username: inviter.username, fingerprint: inviter.fingerprint },
    inviter: certified(inviter),
    member: certified(member),
    ...{ inviterChallenge, inviteeChallenge, ...digests },
    inviteeSignature: sign(member, 'accept', transcript),
    inviterSignature: sign(inviter, 'confirm', transcript),
    ...(attachment !== undefined && { attachment }),
    ...(commit !== undefined && { commit }),
  })
}

const certified = ({ username, fingerprint, certificate }: TestParty): CertifiedParty => ({
  username,
  fingerprint,
  certificate,
})
