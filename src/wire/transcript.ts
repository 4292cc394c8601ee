import { createHash } from 'node:crypto'
import type { z } from 'zod'
import {
  Challenge,
  ConversationId,
  Digest,
  ExpiresAt,
  Fingerprint,
  InvitationId,
  isCanonicalBase64url,
  Username,
} from './formats.js'

/** What the invitee signs. Fingerprints and digests are `sha256:` and hex, a digest `-` where there is nothing. */
export interface AcceptTranscript {
  /** Fingerprint of the root CA certificate. */
  readonly hub: string
  readonly conversation: string
  readonly invitation: string
  /** The very string of `expiresAt`. */
  readonly expires: string
  readonly inviter: string
  readonly inviterCertificate: string
  readonly inviterChallenge: string
  readonly invitee: string
  readonly inviteeCertificate: string
  readonly inviteeChallenge: string
  readonly roster: string
  readonly inviterAttachment: string
  readonly inviteeAttachment: string
}

/** What the inviter signs. */
export interface ConfirmTranscript extends AcceptTranscript {
  readonly confirmationRoster: string
  readonly confirmationAttachment: string
  readonly commitAttachment: string
}

export interface RosterMember {
  readonly username: string
  readonly fingerprint: string
}

type Line<T> = readonly [field: keyof T & string, label: string, form: z.ZodType]

/** A time of the right shape that is also a date. */
const Expires = ExpiresAt.refine((text) => Number.isFinite(Date.parse(text)), 'must be a date')

/** protocol.md "Invitation": the lines of T, in order. */
const ACCEPT_LINES: readonly Line<AcceptTranscript>[] = [
  ['hub', 'hub', Fingerprint],
  ['conversation', 'conversation', ConversationId],
  ['invitation', 'invitation', InvitationId],
  ['expires', 'expires', Expires],
  ['inviter', 'inviter', Username],
  ['inviterCertificate', 'inviter-certificate', Fingerprint],
  ['inviterChallenge', 'inviter-challenge', Challenge],
  ['invitee', 'invitee', Username],
  ['inviteeCertificate', 'invitee-certificate', Fingerprint],
  ['inviteeChallenge', 'invitee-challenge', Challenge],
  ['roster', 'roster', Fingerprint],
  ['inviterAttachment', 'inviter-attachment', Digest],
  ['inviteeAttachment', 'invitee-attachment', Digest],
]

const CONFIRM_LINES: readonly Line<ConfirmTranscript>[] = [
  ...ACCEPT_LINES,
  ['confirmationRoster', 'confirmation-roster', Fingerprint],
  ['confirmationAttachment', 'confirmation-attachment', Digest],
  ['commitAttachment', 'commit-attachment', Digest],
]

function build<T extends AcceptTranscript>(lines: readonly Line<T>[], fields: T): string {
  const text = lines.map(([field, label, form]) => {
    const parsed = form.safeParse(fields[field])
    if (parsed.success) return `${label}=${String(fields[field])}\n`
    throw new Error(`${field} of the transcript ${parsed.error.issues[0]?.message ?? 'is malformed'}`)
  })
  return `hermes-invitation-v1\n${text.join('')}`
}

/** T of `accept`, ASCII. Every value is checked against its form first; throws an Error that names the field. */
export function buildAcceptTranscript(fields: AcceptTranscript): string {
  return build(ACCEPT_LINES, fields)
}

/** T of `confirm`: the lines of `accept` and three more. */
export function buildConfirmTranscript(fields: ConfirmTranscript): string {
  return build(CONFIRM_LINES, fields)
}

/** SHA-256 as it stands in a text that is signed: `sha256:` and hex, of text in UTF-8. */
export function digest(bytes: string | Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

/** Digest of a roster: its lines `<username> <fingerprint>\n`, sorted by their bytes. Members in any order. */
export function rosterDigest(members: Iterable<RosterMember>): string {
  const lines = Array.from(members, ({ username, fingerprint }) => {
    if (!Username.safeParse(username).success) throw new Error('a username of the roster is malformed')
    if (!Fingerprint.safeParse(fingerprint).success) throw new Error('a fingerprint of the roster is malformed')
    return `${username} ${fingerprint}\n`
  })
  return digest(lines.sort().join(''))
}

/** Digest of an attachment over its decoded bytes, `-` where there is none. Throws when it is not base64url. */
export function attachmentDigest(text: string | undefined | null): string {
  if (text === undefined || text === null) return '-'
  if (text === '' || !isCanonicalBase64url(text))
    throw new Error('the attachment must be canonical base64url of at least one byte')
  return digest(Buffer.from(text, 'base64url'))
}
