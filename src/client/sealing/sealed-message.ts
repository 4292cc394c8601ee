import { z } from 'zod'
import { signTranscript, verifyTranscript } from '../../pki/signature.js'
import { CertificatePem, ContentType, Digest, isCanonicalBase64url, payload as payloadOf } from '../../wire/formats.js'
import { PAYLOAD_BYTES } from '../../wire/limits.js'
import { digest } from '../../wire/transcript.js'
import { type Pin, verifyUserCertificate } from '../certificates.js'
import type { Credentials } from '../credentials.js'
import { SET_BACK } from '../membership.js'
import { VerificationError } from '../verification-error.js'
import { parsed } from './parsed.js'
import { idOf, jwkOf, type SealingKey } from './sealing-key.js'

/** Of a message whose payload is a JWE [RFC 7516 7.2.1] of what its sender signed. */
export const SEALED_TYPE = 'application/vnd.hermes.sealed+json'

const ENCRYPTION = 'A256GCM'
const KEY_MANAGEMENT = 'ECDH-ES+A256KW'

/** What the sender says. */
export interface Content {
  readonly payload: string
  readonly contentType?: string | undefined
}

/** Where it is said. */
export interface Place {
  readonly conversation: string
  readonly messageId: string
}

/** Who said it when, as the hub tells. */
export interface Origin {
  readonly at: string
  readonly from: { readonly username: string }
}

/**
 * It may have waited for a connection, and its certificate have been renewed meanwhile, which takes 30 days at most.
 */
const LEEWAY = { ...SET_BACK, lateMs: 30 * 86_400_000 }

/**
 * What its sender says, and the PEM of his certificate; or why it is not his: it was made for another place, by
 * somebody else, or altered.
 */
export type Opened =
  | { readonly content: Content; readonly certificate: string }
  | { readonly why: 'not_for_this_key' | 'not_the_senders' }

const Inner = z.object({
  payload: payloadOf(PAYLOAD_BYTES),
  contentType: ContentType.optional(),
  certificate: CertificatePem,
  signature: z.string().refine(isCanonicalBase64url),
})

/**
 * `digest`, of the plaintext, makes it the same for all recipients: AES-GCM commits to no key, so that a sender can
 * make what opens under two as two texts. Whatever else a header can have, as `zip`, would open for some clients alone.
 */
const Header = z.strictObject({
  enc: z.literal(ENCRYPTION),
  digest: Digest,
  // Of one recipient alone jose writes the ephemeral key here.
  epk: z.looseObject({}).optional(),
})

const Jwe = z.object({
  protected: z.string(),
  iv: z.string(),
  ciphertext: z.string(),
  tag: z.string(),
  recipients: z.array(
    z.object({
      header: z.object({ alg: z.literal(KEY_MANAGEMENT), kid: z.string(), epk: z.looseObject({}).optional() }),
      encrypted_key: z.string(),
    }),
  ),
})

/** Signs `content` and seals it for `recipients`, public sealing keys; answers the payload of the message. */
export async function sealMessage(
  sender: Credentials,
  { rootFingerprint: hub }: Pin,
  place: Place,
  content: Content,
  recipients: readonly string[],
): Promise<string> {
  const ids = await Promise.all(recipients.map(idOf))
  const text = textOf({ hub, sender, place, content, recipients: ids })
  const signature = signTranscript(sender.key, 'sealed-message', text).toString('base64url')
  const inner = JSON.stringify({ ...content, certificate: sender.certificate, signature })
  const { GeneralEncrypt } = await import('jose')
  const jwe = new GeneralEncrypt(Buffer.from(inner)).setProtectedHeader({ enc: ENCRYPTION, digest: digest(inner) })
  for (const [index, kid] of ids.entries())
    jwe.addRecipient(jwkOf(recipients[index] ?? '')).setUnprotectedHeader({ alg: KEY_MANAGEMENT, kid })
  return JSON.stringify(await jwe.encrypt())
}

/**
 * Opens what was sealed with any of `keys`, and verifies up to the pin that whoever the hub names as its sender signed
 * it for this place and these recipients.
 */
export async function openMessage(
  keys: readonly SealingKey[],
  pin: Pin,
  place: Place,
  origin: Origin,
  payload: string,
): Promise<Opened> {
  const jwe = parsed(Jwe, payload)
  const header = jwe && parsed(Header, Buffer.from(jwe.protected, 'base64url').toString())
  const inner = header && (await decrypt(keys, jwe))
  if (!header || inner === null) return { why: 'not_for_this_key' }
  const said = header.digest === digest(inner) ? parsed(Inner, inner) : null
  const recipients = jwe.recipients.map(({ header }) => header.kid)
  if (!said || !(await isSendersOwn(pin, place, origin, said, recipients))) return { why: 'not_the_senders' }
  const { payload: opened, contentType, certificate } = said
  return { content: { payload: opened, ...(contentType !== undefined && { contentType }) }, certificate }
}

async function decrypt(keys: readonly SealingKey[], jwe: z.output<typeof Jwe>): Promise<string | null> {
  const { generalDecrypt } = await import('jose')
  for (const { privateKey, publicKey } of keys) {
    const kid = await idOf(publicKey)
    const recipients = jwe.recipients.filter(({ header }) => header.kid === kid).slice(0, 1)
    if (recipients.length === 0) continue
    const options = { keyManagementAlgorithms: [KEY_MANAGEMENT], contentEncryptionAlgorithms: [ENCRYPTION] }
    try {
      const { plaintext } = await generalDecrypt({ ...jwe, recipients }, privateKey, options)
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(plaintext)
    } catch {
      return null
    }
  }
  return null
}

async function isSendersOwn(
  pin: Pin,
  place: Place,
  { at, from }: Origin,
  { certificate, signature, ...content }: z.output<typeof Inner>,
  recipients: readonly string[],
): Promise<boolean> {
  try {
    const sender = verifyUserCertificate(certificate, from.username, pin, new Date(at), LEEWAY)
    const text = textOf({ hub: pin.rootFingerprint, sender, place, content, recipients })
    return await verifyTranscript(sender.publicKey, 'sealed-message', text, Buffer.from(signature, 'base64url'))
  } catch (error) {
    if (error instanceof VerificationError) return false
    throw error
  }
}

interface Said {
  readonly hub: string
  readonly sender: { readonly username: string; readonly fingerprint: string }
  readonly place: Place
  readonly content: Content
  readonly recipients: readonly string[]
}

/** What is signed: for whom it was sealed too, so that nobody hands it on as if it were meant for others. */
function textOf({ hub, sender, place, content, recipients }: Said): string {
  const { payload, contentType } = content
  return `hermes-sealed-message-v1
hub=${hub}
conversation=${place.conversation}
message=${place.messageId}
sender=${sender.username}
sender-certificate=${sender.fingerprint}
recipients=${digest([...recipients].sort().join('\n'))}
content-type=${contentType === undefined ? '-' : digest(contentType)}
payload=${digest(payload)}
`
}
