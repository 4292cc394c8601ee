import { z } from 'zod'
import {
  attachment,
  CertificatePem,
  Challenge,
  ContentType,
  ConversationId,
  DeviceName,
  Digest,
  ExpiresAt,
  Fingerprint,
  InvitationId,
  MessageId,
  payload,
  Reason,
  Seq,
  Signature,
  Timestamp,
  Username,
} from './formats.js'
import { ATTACHMENT_CHARACTERS, CONFIRM_ATTACHMENT_CHARACTERS, PAYLOAD_BYTES } from './limits.js'

export const Party = z
  .object({ username: Username, fingerprint: Fingerprint })
  .meta({ id: 'Party', description: 'A user under one certificate.' })
export type Party = z.infer<typeof Party>

export const CertifiedParty = Party.extend({ certificate: CertificatePem }).meta({ id: 'CertifiedParty' })
export type CertifiedParty = z.infer<typeof CertifiedParty>

export const Sender = Party.extend({ device: DeviceName.optional() }).meta({
  id: 'Sender',
  description: 'Whose act the event is.',
})
export type Sender = z.infer<typeof Sender>

const base = { conversation: ConversationId, at: Timestamp, from: Sender }
/** An invitee is told of his invitation and its end outside the log: those copies have no `seq`. */
const numbered = { ...base, seq: Seq }
const perhapsNumbered = { ...base, seq: Seq.optional() }

const invitationAttachment = attachment(ATTACHMENT_CHARACTERS, 'Opaque; only for the party it is meant for.').optional()

export const StartedEvent = z
  .object({ ...numbered, type: z.literal('started'), participants: z.array(Party) })
  .meta({ id: 'StartedEvent' })

export const InvitedEvent = z
  .object({
    ...perhapsNumbered,
    type: z.literal('invited'),
    invitation: InvitationId,
    invitee: Party,
    certificate: CertificatePem.meta({ description: 'The certificate of the inviter.' }),
    challenge: Challenge,
    expiresAt: ExpiresAt,
    roster: Digest,
    members: z.array(Party),
    rosterSeq: Seq,
    attachment: invitationAttachment,
    attachmentDigest: Digest,
  })
  .meta({ id: 'InvitedEvent' })

export const AcceptedEvent = z
  .object({
    ...numbered,
    type: z.literal('accepted'),
    invitation: InvitationId,
    certificate: CertificatePem.meta({ description: 'The certificate of the invitee.' }),
    challenge: Challenge,
    signature: Signature,
    attachment: invitationAttachment,
    attachmentDigest: Digest,
  })
  .meta({ id: 'AcceptedEvent' })

export const JoinedEvent = z
  .object({
    ...numbered,
    type: z.literal('joined'),
    invitation: InvitationId,
    expiresAt: ExpiresAt,
    inviter: CertifiedParty,
    member: CertifiedParty,
    inviterChallenge: Challenge,
    inviteeChallenge: Challenge,
    roster: Digest,
    members: z.array(Party).meta({ description: 'The members that `invited` showed; `roster` is their digest.' }),
    rosterSeq: Seq,
    confirmationRoster: Digest,
    inviteeSignature: Signature,
    inviterSignature: Signature,
    inviterAttachment: Digest,
    inviteeAttachment: Digest,
    confirmationAttachment: Digest,
    commitAttachment: Digest,
    commit: attachment(CONFIRM_ATTACHMENT_CHARACTERS, 'Opaque, for every member.').optional(),
    attachment: attachment(CONFIRM_ATTACHMENT_CHARACTERS, 'Opaque, for the new member alone.').optional(),
  })
  .meta({ id: 'JoinedEvent', description: 'A new member, with all that proves it to whoever pinned the root.' })

const ending = <T extends string>(type: T, id: string) =>
  z
    .object({ ...perhapsNumbered, type: z.literal(type), invitation: InvitationId, reason: Reason.optional() })
    .meta({ id })

export const DeclinedEvent = ending('declined', 'DeclinedEvent')
export const CancelledEvent = ending('cancelled', 'CancelledEvent')
export const ExpiredEvent = ending('expired', 'ExpiredEvent')

export const LeftReason = z.enum(['left', 'recovered', 'deleted'])
export type LeftReason = z.infer<typeof LeftReason>

export const LeftEvent = z
  .object({ ...numbered, type: z.literal('left'), reason: LeftReason, text: Reason.optional() })
  .meta({ id: 'LeftEvent' })

export const RenewedEvent = z
  .object({ ...numbered, type: z.literal('renewed'), certificate: CertificatePem, previous: Fingerprint })
  .meta({ id: 'RenewedEvent' })

export const MessageEvent = z
  .object({
    ...numbered,
    type: z.literal('message'),
    messageId: MessageId,
    payload: payload(PAYLOAD_BYTES),
    contentType: ContentType.optional(),
  })
  .meta({ id: 'MessageEvent' })

export const ConversationEvent = z
  .discriminatedUnion('type', [
    StartedEvent,
    InvitedEvent,
    AcceptedEvent,
    JoinedEvent,
    DeclinedEvent,
    CancelledEvent,
    ExpiredEvent,
    LeftEvent,
    RenewedEvent,
    MessageEvent,
  ])
  .meta({ id: 'ConversationEvent', description: 'What happened in a conversation, as its log has it.' })
export type ConversationEvent = z.infer<typeof ConversationEvent>
export type EventType = ConversationEvent['type']

export const Gap = z
  .object({ conversation: ConversationId, from: Seq, to: Seq, reason: z.enum(['retention', 'restored']) })
  .meta({
    id: 'Gap',
    description:
      'What this device never acknowledged and is no more: removed by retention, or lost when a backup was restored.',
  })
export type Gap = z.infer<typeof Gap>
