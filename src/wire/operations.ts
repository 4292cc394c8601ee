import { z } from 'zod'
import { CertifiedParty, ConversationEvent, Gap, Party } from './events.js'
import {
  attachment,
  CertificatePem,
  Challenge,
  ContentType,
  ConversationId,
  DeviceName,
  Digest,
  Epoch,
  ExpiresAt,
  Fingerprint,
  InvitationId,
  MessageId,
  payload,
  Reason,
  RequestId,
  Seq,
  Signature,
  Timestamp,
  Username,
} from './formats.js'
import { Identity } from './identity.js'
import {
  ATTACHMENT_CHARACTERS,
  CONFIRM_ATTACHMENT_CHARACTERS,
  HISTORY_EVENTS_DEFAULT,
  HISTORY_EVENTS_MAX,
  LIST_DEFAULT,
  LIST_MAX,
  PARTICIPANTS_MAX,
  PAYLOAD_BYTES,
  POLL_SECONDS_MAX,
  SIGNAL_BYTES,
} from './limits.js'

/** An answer with nothing to say. */
export const Empty = z.object({}).meta({ id: 'Empty' })

const more = z.boolean().meta({ description: 'Whether there is another page.' })
const limit = (max: number, byDefault: number) =>
  z.int().min(1).max(max).default(byDefault).meta({ description: 'At most so many.', example: byDefault })

export const ParticipantReference = z
  .union(
    [z.strictObject({ certificate: CertificatePem }), z.strictObject({ username: Username, fingerprint: Fingerprint })],
    'must be {certificate} or {username, fingerprint}',
  )
  .meta({ id: 'ParticipantReference', description: 'A user by his certificate, or by name and fingerprint.' })

export const StartParams = z
  .strictObject({
    participants: z
      .array(ParticipantReference)
      .min(1, 'must name at least one other user')
      .max(PARTICIPANTS_MAX, `must name at most ${PARTICIPANTS_MAX} users`),
    requestId: RequestId.optional(),
  })
  .meta({ id: 'StartParams' })
export const StartResult = z
  .object({ conversation: ConversationId, participants: z.array(CertifiedParty), seq: Seq })
  .meta({ id: 'StartResult' })

export const InviteParams = z
  .strictObject({
    conversation: ConversationId,
    username: Username,
    fingerprint: Fingerprint,
    challenge: Challenge,
    attachment: attachment(ATTACHMENT_CHARACTERS, 'Opaque, for the invitee alone.').optional(),
    requestId: RequestId.optional(),
  })
  .meta({ id: 'InviteParams' })
export const InviteResult = z
  .object({
    invitation: InvitationId,
    expiresAt: ExpiresAt,
    roster: Digest,
    members: z.array(Party),
    rosterSeq: Seq,
    seq: Seq,
  })
  .meta({ id: 'InviteResult' })

export const AcceptParams = z
  .strictObject({
    invitation: InvitationId,
    challenge: Challenge,
    signature: Signature,
    attachment: attachment(ATTACHMENT_CHARACTERS, 'Opaque, for the inviter alone.').optional(),
  })
  .meta({ id: 'AcceptParams' })

export const ConfirmParams = z
  .strictObject({
    invitation: InvitationId,
    signature: Signature,
    attachment: attachment(CONFIRM_ATTACHMENT_CHARACTERS, 'Opaque, for the new member alone.').optional(),
    commit: attachment(CONFIRM_ATTACHMENT_CHARACTERS, 'Opaque, for every member.').optional(),
    epoch: Epoch.optional(),
  })
  .meta({ id: 'ConfirmParams' })

export const EndInvitationParams = z
  .strictObject({ invitation: InvitationId, reason: Reason.optional() })
  .meta({ id: 'EndInvitationParams' })

export const LeaveParams = z
  .strictObject({ conversation: ConversationId, reason: Reason.optional() })
  .meta({ id: 'LeaveParams' })

export const SeqResult = z.object({ seq: Seq }).meta({ id: 'SeqResult' })

export const SendParams = z
  .strictObject({
    conversation: ConversationId,
    messageId: MessageId,
    payload: payload(PAYLOAD_BYTES),
    contentType: ContentType.optional(),
    epoch: Epoch.optional(),
  })
  .meta({ id: 'SendParams' })
export const SendResult = z
  .object({ seq: Seq, at: Timestamp, duplicate: z.boolean() })
  .meta({ id: 'SendResult', description: 'The message is stored. `duplicate` tells that it was before.' })

export const SignalParams = z
  .strictObject({ conversation: ConversationId, payload: payload(SIGNAL_BYTES), contentType: ContentType.optional() })
  .meta({ id: 'SignalParams' })

export const AckConversationParams = z
  .strictObject({ conversation: ConversationId, seq: Seq })
  .meta({ id: 'AckConversationParams' })
export const AckInvitationParams = z.strictObject({ invitation: InvitationId }).meta({ id: 'AckInvitationParams' })
export const AckParams = z.union(
  [AckConversationParams, AckInvitationParams],
  'must be {conversation, seq} or {invitation}',
)

export const ConversationsParams = z
  .strictObject({ after: ConversationId.optional(), limit: limit(LIST_MAX, LIST_DEFAULT) })
  .meta({ id: 'ConversationsParams' })
export const ConversationsResult = z
  .object({
    conversations: z.array(
      z.object({
        conversation: ConversationId,
        status: z.enum(['member', 'invited', 'left']),
        lastSeq: Seq,
        ackedSeq: Seq,
      }),
    ),
    more,
  })
  .meta({ id: 'ConversationsResult' })

export const MembersParams = z
  .strictObject({ conversation: ConversationId, after: Username.optional(), limit: limit(LIST_MAX, LIST_DEFAULT) })
  .meta({ id: 'MembersParams' })
export const MemberStatus = z.enum(['valid', 'expired', 'revoked', 'disabled'])
export const MembersResult = z
  .object({ members: z.array(CertifiedParty.extend({ status: MemberStatus })), more })
  .meta({ id: 'MembersResult' })

export const HistoryParams = z
  .strictObject({ conversation: ConversationId, after: Seq, limit: limit(HISTORY_EVENTS_MAX, HISTORY_EVENTS_DEFAULT) })
  .meta({ id: 'HistoryParams' })
export const HistoryResult = z
  .object({ events: z.array(ConversationEvent), lastSeq: Seq, more })
  .meta({ id: 'HistoryResult' })

export const NoParams = z.strictObject({}).meta({ id: 'NoParams' })
export const WhoamiResult = z
  .object({
    identity: Identity,
    device: DeviceName,
    role: z.enum(['user', 'administrator']),
    deletionAt: Timestamp.optional().meta({
      description: 'When a deletion of the account that was asked for by password is due; `unlock` calls it off.',
      example: '2027-01-09T03:04:05.678Z',
    }),
  })
  .meta({ id: 'WhoamiResult' })

export const EventsParams = z
  .strictObject({
    wait: z
      .int()
      .min(0)
      .max(POLL_SECONDS_MAX)
      .default(0)
      .meta({ description: 'Seconds to wait for an event.', example: 30 }),
    limit: limit(HISTORY_EVENTS_MAX, HISTORY_EVENTS_DEFAULT),
  })
  .meta({ id: 'EventsParams' })
export const EventsResult = z
  .object({ events: z.array(ConversationEvent), gaps: z.array(Gap), more })
  .meta({ id: 'EventsResult' })
