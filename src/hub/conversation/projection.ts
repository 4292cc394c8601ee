import type { ConversationSnapshot, StoredInvitation, StoredMember } from '../../store/records.js'
import type { ConversationId, InvitationId } from '../../wire/formats.js'
import { Invitations } from './invitations.js'
import type { Conversation, Departure, Invitation, Member } from './state.js'

/** The rows of the projections that differ between two states, whole. */
export interface Changes {
  readonly stays: readonly StoredMember[]
  readonly invitations: readonly StoredInvitation[]
}

const NOTHING: Changes = { stays: [], invitations: [] }

/** Messages change neither map, and cost nothing here. */
export function changes(before: Conversation, after: Conversation): Changes {
  if (before.members === after.members && before.invitations === after.invitations) return NOTHING
  return { stays: changedStays(before, after), invitations: changedInvitations(before, after) }
}

function changedStays(before: Conversation, after: Conversation): readonly StoredMember[] {
  const begun = [...after.members.values()]
    .filter((member) => before.members.get(member.username) !== member)
    .map((member) => stayRow(member, null))
  const ended = [...after.former.values()]
    .filter((departure) => before.former.get(departure.username) !== departure)
    .map((departure) => stayRow(departure, departure.toSeq))
  return [...begun, ...ended]
}

function stayRow({ userId, username, fingerprint, fromSeq }: Member, toSeq: number | null): StoredMember {
  return { userId, username, fingerprint, fromSeq, toSeq }
}

function changedInvitations(before: Conversation, after: Conversation): readonly StoredInvitation[] {
  return after.invitations.changedSince(before.invitations).map(invitationRow)
}

function invitationRow(invitation: Invitation): StoredInvitation {
  const { id, state, inviter, invitee, expiresAt, roster, rosterSeq, invitedSeq, endedSeq, reason } = invitation
  const { acceptance, confirmation } = invitation
  return {
    id,
    state,
    inviter,
    invitee,
    expiresAt,
    inviterChallenge: invitation.challenge,
    inviterAttachment: invitation.attachment,
    roster,
    rosterSeq,
    invitedSeq,
    inviteeChallenge: acceptance?.challenge ?? null,
    inviteeAttachment: acceptance?.attachment ?? null,
    inviteeSignature: acceptance?.signature ?? null,
    inviterSignature: confirmation?.signature ?? null,
    confirmationAttachment: confirmation?.attachment ?? null,
    commitAttachment: confirmation?.commit ?? null,
    endedSeq,
    reason,
  }
}

/** The state that the projections describe: the same that the log without its messages evolves to. */
export function restore(snapshot: ConversationSnapshot): Conversation {
  const members = new Map<string, Member>()
  const former = new Map<string, Departure>()
  for (const { toSeq, ...member } of snapshot.stays) {
    former.delete(member.username)
    if (toSeq === null) members.set(member.username, member)
    else former.set(member.username, { ...member, toSeq })
  }
  const invitations = Invitations.of(snapshot.invitations.map(restoreInvitation))
  const { uuid, lastSeq, epoch } = snapshot
  return { id: uuid as ConversationId, lastSeq, epoch, members, former, invitations }
}

function restoreInvitation(row: StoredInvitation): Invitation {
  const { state, inviter, invitee, expiresAt, roster, rosterSeq, invitedSeq, endedSeq, reason } = row
  const acceptance = row.inviteeSignature !== null && {
    challenge: row.inviteeChallenge ?? '',
    attachment: row.inviteeAttachment ?? '-',
    signature: row.inviteeSignature,
  }
  const confirmation = row.inviterSignature !== null && {
    signature: row.inviterSignature,
    attachment: row.confirmationAttachment ?? '-',
    commit: row.commitAttachment ?? '-',
  }
  return {
    id: row.id as InvitationId,
    state,
    inviter,
    invitee,
    expiresAt,
    challenge: row.inviterChallenge,
    attachment: row.inviterAttachment,
    roster,
    rosterSeq,
    invitedSeq,
    acceptance: acceptance || null,
    confirmation: confirmation || null,
    endedSeq,
    reason,
  }
}
