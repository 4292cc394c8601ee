import { z } from 'zod'
import './messages.js'

/** Names are compared byte for byte; see protocol.md §1. */
export const USERNAME_PATTERN = /^[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?$/
const UUID_PATTERN = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const MEDIA_TYPE_PATTERN = /^[\x20-\x7e]{1,127}$/

export const USERNAME_RULE =
  '1 to 64 characters of a-z, 0-9, ".", "_" and "-", beginning and ending with a letter or digit'

const uuid = (what: string, example: string) =>
  z.string().regex(UUID_PATTERN, 'must be a UUID in lower case').meta({ description: what, format: 'uuid', example })

export const Username = z
  .string()
  .regex(USERNAME_PATTERN, `must be ${USERNAME_RULE}`)
  .meta({ description: 'The name of a user, unique for ever.', example: 'alice' })

/** The same alphabet names devices. */
export const DeviceName = z
  .string()
  .regex(USERNAME_PATTERN, `must be ${USERNAME_RULE}`)
  .meta({ description: 'The name of a device, chosen by the client.', example: 'laptop' })

export const ConversationId = uuid('A conversation.', '60038410-eb81-4348-9143-26d9203e1dd0').brand<'ConversationId'>()
export type ConversationId = z.infer<typeof ConversationId>

export const InvitationId = uuid('An invitation.', 'eccabf7c-5ca0-4336-8478-d27a82a62f12').brand<'InvitationId'>()
export type InvitationId = z.infer<typeof InvitationId>

export const MessageId = uuid(
  'Chosen by the sender, unique for him in the conversation; sending it again returns the first answer.',
  '01900000-0000-7000-8000-000000000001',
)

export const RequestId = uuid(
  'Chosen by the caller; repeating a request with it returns the first answer.',
  '7f8fd2a2-6f1e-4c3a-9c53-0f6a8f1f4d11',
)

export const Fingerprint = z
  .string()
  .regex(/^sha256:[0-9a-f]{64}$/, 'must be sha256: and 64 lower-case hex digits')
  .meta({
    description: 'SHA-256 over the DER of a certificate.',
    example: 'sha256:7b3625e86ddc75c1721650869ddb480685fd56f30d67af2ea9cf446aeba7ca1f',
  })

export const Digest = z
  .string()
  .regex(/^(-|sha256:[0-9a-f]{64})$/, 'must be "-" or sha256: and 64 lower-case hex digits')
  .meta({
    description: 'SHA-256 over decoded bytes, or - where there are none.',
    example: 'sha256:e3b50360cb8270e90880b6eb8900ae85b93e4d766f37b049c1c73858e3929545',
  })

export const SerialNumber = z
  .string()
  .regex(/^[0-9a-f]{2,40}$/, 'must be lower-case hex')
  .meta({ description: 'Serial number of a certificate.', example: '4f1c0a7b9d3e5f60718293a4b5c6d7e8f901' })

export const Timestamp = z
  .string()
  .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z$/, 'must be RFC 3339 in UTC, ending with Z')
  .meta({ description: 'RFC 3339, UTC.', format: 'date-time', example: '2027-01-02T03:04:05.678Z' })

/** Whole seconds: the very string stands in the transcript of an invitation. */
export const ExpiresAt = z
  .string()
  .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/, 'must be YYYY-MM-DDTHH:MM:SSZ')
  .meta({ description: 'RFC 3339, UTC, whole seconds.', format: 'date-time', example: '2027-01-02T03:04:05Z' })

/** Whether `text` is base64url without padding that re-encodes to itself [RFC 4648 3.5]. */
export function isCanonicalBase64url(text: string): boolean {
  return /^[A-Za-z0-9_-]*$/.test(text) && Buffer.from(text, 'base64url').toString('base64url') === text
}

/** base64url of `min` to `max` bytes. */
export function base64url(min: number, max: number, description: string, example: string) {
  return z
    .string()
    .max(Math.ceil((max * 4) / 3), `must be at most ${max} bytes`)
    .refine(isCanonicalBase64url, 'must be canonical base64url without padding')
    .refine((text) => Math.floor((text.length * 3) / 4) >= min, `must be at least ${min} bytes`)
    .meta({ description, example })
}

export const Challenge = base64url(
  32,
  64,
  '32 to 64 random bytes, base64url.',
  'bq7fR2LEY55U7ybzkNnI-suZ4o2oPluAW6MUxfkRDbc',
)

/** The largest signature is RSA-4096's 512 bytes. */
export const Signature = base64url(
  1,
  512,
  'Signature over the transcript of the invitation, base64url; the algorithm follows from the certificate.',
  'MEYCIQCjlM1B7EqAlAjzxWSFmv1yKuZo5nfq1TnoxM56vv5K8AIhAI-16BDNJ3FqsDAx7zYqCCCubwQ3CxQjRfF3PF27R9lD',
)

/** An attachment is limited by the length of its text, not of its bytes (protocol.md "Invitation"). */
export function attachment(maxCharacters: number, description: string) {
  return z
    .string()
    .min(1, 'must be at least one byte')
    .max(maxCharacters, `must be at most ${maxCharacters} characters`)
    .refine(isCanonicalBase64url, 'must be canonical base64url without padding')
    .meta({ description, example: 'a2V5LXBhY2thZ2U' })
}

export const CertificatePem = z
  .string()
  .max(16_384, 'must be at most 16384 characters')
  .refine((text) => text.isWellFormed(), 'must not hold lone surrogates')
  .meta({
    description: 'A certificate, PEM, ending with one newline.',
    example: '-----BEGIN CERTIFICATE-----\nMIIB…\n-----END CERTIFICATE-----\n',
  })

export const Reason = z
  .string()
  .min(1, 'must not be empty')
  .max(256, 'must be at most 256 characters')
  .refine((text) => text.isWellFormed() && !/\p{Cc}/u.test(text), 'must hold no control characters or lone surrogates')
  .meta({ description: 'Words for people.', example: 'Wrong group' })

export const ContentType = z
  .string()
  .regex(MEDIA_TYPE_PATTERN, 'must be 1 to 127 printable ASCII characters')
  .meta({ description: 'Media type of the payload, for the receivers.', example: 'text/plain' })

/** Text of Unicode scalar values, relayed bit for bit; at most `maxBytes` of UTF-8. */
export function payload(maxBytes: number) {
  return z
    .string()
    .refine((text) => text.isWellFormed(), 'must not hold lone surrogates')
    .refine((text) => Buffer.byteLength(text) <= maxBytes, `must be at most ${maxBytes} bytes of UTF-8`)
    .meta({ description: 'Opaque to the hub; clients put ciphertext here.', example: 'SGVsbG8' })
}

export const Seq = z.int().min(0, 'must be 0 or more').meta({ description: 'Number of an event, from 1.', example: 7 })
export const Epoch = z.int().min(0, 'must be 0 or more').meta({
  description: 'Compare-and-set: refused unless equal to the counter of the conversation, which it then raises by one.',
  example: 3,
})
