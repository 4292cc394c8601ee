import type { StoredInvitation } from './records.js'

/** The columns of Invitation that are fields of StoredInvitation of the same name. */
export const INVITATION_FIELDS = [
  'id',
  'state',
  'expiresAt',
  'inviterChallenge',
  'inviterAttachment',
  'roster',
  'rosterSeq',
  'invitedSeq',
  'inviteeChallenge',
  'inviteeAttachment',
  'inviteeSignature',
  'inviterSignature',
  'confirmationAttachment',
  'commitAttachment',
  'endedSeq',
  'reason',
] as const satisfies readonly (keyof StoredInvitation)[]

export const INVITATION_COLUMNS = [
  'conversationId',
  'inviterId',
  'inviterFingerprint',
  'inviteeId',
  'inviteeFingerprint',
  ...INVITATION_FIELDS,
]

/** Of an invitation `i` and the users `inviter` and `invitee`. */
export const INVITATION_SELECTION = `
  ${INVITATION_FIELDS.map((name) => `i."${name}"`).join(', ')},
  i."inviterId", i."inviterFingerprint", inviter."username" AS "inviterName",
  i."inviteeId", i."inviteeFingerprint", invitee."username" AS "inviteeName"`

export type InvitationRow = Omit<StoredInvitation, 'inviter' | 'invitee'> & {
  readonly inviterId: number
  readonly inviterFingerprint: string
  readonly inviterName: string
  readonly inviteeId: number
  readonly inviteeFingerprint: string
  readonly inviteeName: string
}

export function toInvitation(row: InvitationRow): StoredInvitation {
  const { inviterId, inviterFingerprint, inviterName, inviteeId, inviteeFingerprint, inviteeName, ...rest } = row
  return {
    ...rest,
    inviter: { userId: inviterId, username: inviterName, fingerprint: inviterFingerprint },
    invitee: { userId: inviteeId, username: inviteeName, fingerprint: inviteeFingerprint },
  }
}
