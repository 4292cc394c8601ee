import { type KeyObject, randomBytes } from 'node:crypto'
import { type InvitationContext, signTranscript, verifyTranscript } from '../pki/signature.js'
import type { Party } from '../wire/events.js'
import {
  type AcceptTranscript,
  attachmentDigest,
  buildAcceptTranscript,
  buildConfirmTranscript,
  type ConfirmTranscript,
  rosterDigest,
} from '../wire/transcript.js'
import { VerificationError, verify } from './verification-error.js'

/** Who this side is, from its own memory. */
export interface Self {
  readonly username: string
  /** Of its own certificate. */
  readonly fingerprint: string
  readonly key: KeyObject
}

const DAY_MS = 86_400_000
/** protocol.md "Invitation": clients refuse an expiry further ahead. */
const EXPIRY_DAYS_MAX = 30

/** A fresh challenge: 32 random bytes, base64url. */
export function createChallenge(): string {
  return randomBytes(32).toString('base64url')
}

/** An invitation that never ends, or that has ended, is none. */
export function verifyExpiry(expiresAt: string, now: Date): void {
  const ahead = Date.parse(expiresAt) - now.getTime()
  verify(ahead > 0, 'invitation_invalid', `the invitation ended at ${expiresAt}`)
  verify(
    ahead <= EXPIRY_DAYS_MAX * DAY_MS,
    'invitation_invalid',
    `the invitation ends over ${EXPIRY_DAYS_MAX} days ahead: ${expiresAt}`,
  )
}

/** The digest is that of the members shown, the inviter is one of them, and the invitee is none. */
export function verifyRoster(roster: string, members: readonly Party[], inviter: Party, invitee: string): void {
  verify(digestOf(members) === roster, 'roster_mismatch', 'the digest of the members is not that of the members shown')
  verify(
    hasMember(members, inviter),
    'roster_mismatch',
    `${inviter.username} is not among the members under the certificate shown`,
  )
  verify(
    !members.some(({ username }) => username === invitee),
    'roster_mismatch',
    `${invitee} is among the members already`,
  )
}

/** The digest of a roster; a name twice in it is no roster. */
export function digestOf(members: readonly Party[]): string {
  verify(
    new Set(members.map(({ username }) => username)).size === members.length,
    'roster_mismatch',
    'a member is named twice',
  )
  return rosterDigest(members)
}

export function hasMember(members: readonly Party[], party: Party): boolean {
  return members.some(({ username, fingerprint }) => username === party.username && fingerprint === party.fingerprint)
}

/** The digest that goes with an attachment is that of the attachment shown. */
export function verifyAttachment(attachment: string | undefined, digest: string): void {
  verify(
    attachmentDigest(attachment) === digest,
    'attachment_altered',
    'the digest of the attachment is not that of the attachment shown',
  )
}

/** The transcript of either pass. */
function transcriptOf(context: InvitationContext, fields: AcceptTranscript | ConfirmTranscript): string {
  return context === 'confirm' ? buildConfirmTranscript(fields as ConfirmTranscript) : buildAcceptTranscript(fields)
}

/** The same of what somebody showed: what no transcript can hold was signed by nobody. Throws VerificationError. */
function shownTranscript(context: InvitationContext, fields: AcceptTranscript | ConfirmTranscript): string {
  try {
    return transcriptOf(context, fields)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : 'unknown'
    throw new VerificationError('signature_invalid', `what is said to be signed is malformed: ${why}`, { cause })
  }
}

interface Fields {
  readonly accept: AcceptTranscript
  readonly confirm: ConfirmTranscript
}

/** A signature of this side, base64url. */
export function sign<C extends InvitationContext>({ key }: Self, context: C, fields: Fields[C]): string {
  return signTranscript(key, context, transcriptOf(context, fields)).toString('base64url')
}

/** Throws VerificationError unless `signature` is that of `publicKey` over the transcript of `fields`. */
export async function verifySignature<C extends InvitationContext>(
  publicKey: KeyObject,
  context: C,
  fields: Fields[C],
  signature: string,
): Promise<void> {
  const signer = context === 'accept' ? fields.invitee : fields.inviter
  const isGood = await verifyTranscript(
    publicKey,
    context,
    shownTranscript(context, fields),
    Buffer.from(signature, 'base64url'),
  )
  if (!isGood)
    throw new VerificationError('signature_invalid', `the signature of ${signer} does not fit what this side knows`)
}
