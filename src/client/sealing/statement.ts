import type { KeyObject } from 'node:crypto'
import { z } from 'zod'
import { signTranscript, verifyTranscript } from '../../pki/signature.js'
import { isCanonicalBase64url, Username } from '../../wire/formats.js'
import type { Pin } from '../certificates.js'
import type { Self } from '../invitation.js'
import { parsed } from './parsed.js'
import { isPublicKey, sealingKeyOf } from './sealing-key.js'

const SIGNATURE_MAX = 1024

/** What somebody says to be sealed for, signed with the key of his certificate. */
export const SealingStatement = z.object({
  username: Username,
  key: z.string().refine(isPublicKey),
  signature: z.string().max(SIGNATURE_MAX).refine(isCanonicalBase64url),
})
export type SealingStatement = z.infer<typeof SealingStatement>

/**
 * The same as somebody tells it of another. `isLater`: whose key it is nobody vouches for, and people must compare it.
 */
export const ToldStatement = SealingStatement.extend({ isLater: z.boolean().default(false) })
export type ToldStatement = z.infer<typeof ToldStatement>

/** Of a message by which a member says it, whose payload is one: he has another key than when he joined. */
export const STATEMENT_TYPE = 'application/vnd.hermes.sealing-key+json'

const Told = z.object({ sealing: z.array(ToldStatement), isSealed: z.boolean().default(false) })
const NOTHING: z.output<typeof Told> = { sealing: [], isSealed: false }

/** `self` says it of himself, once and for all. */
export function stateSealingKey(self: Self, pin: Pin): SealingStatement {
  const known = stated.get(self.key) ?? state(self, pin)
  stated.set(self.key, known)
  return known
}

const stated = new WeakMap<KeyObject, SealingStatement>()

function state({ username, key }: Self, { rootFingerprint: hub }: Pin): SealingStatement {
  const { publicKey } = sealingKeyOf(key)
  const text = textOf(hub, { username, key: publicKey })
  return { username, key: publicKey, signature: signTranscript(key, 'sealing-key', text).toString('base64url') }
}

/** Whether whoever has the key of a certificate said so. */
export function isStatedBy(publicKey: KeyObject, { rootFingerprint: hub }: Pin, said: SealingStatement) {
  return verifyTranscript(publicKey, 'sealing-key', textOf(hub, said), Buffer.from(said.signature, 'base64url'))
}

function textOf(hub: string, { username, key }: Pick<SealingStatement, 'username' | 'key'>): string {
  return `hermes-sealing-key-v1\nhub=${hub}\nusername=${username}\nkey=${key}\n`
}

/** Statements as an attachment of an invitation, base64url; `isSealed`: what is said in the conversation is sealed. */
export function attachmentOf(sealing: readonly z.input<typeof ToldStatement>[], isSealed = false): string {
  return Buffer.from(JSON.stringify({ sealing, ...(isSealed && { isSealed }) })).toString('base64url')
}

/** What an attachment tells; nothing, where it is something else. */
export function toldIn(attachment: string | undefined): z.output<typeof Told> {
  if (attachment === undefined) return NOTHING
  return parsed(Told, Buffer.from(attachment, 'base64url').toString()) ?? NOTHING
}

/** Whether a member says by it that he has another key. */
export function isStatement(event: { readonly type: string; readonly contentType?: string | undefined }): boolean {
  return event.type === 'message' && event.contentType === STATEMENT_TYPE
}

/** The statement of a message; null where it is none. */
export function statementIn(payload: string): SealingStatement | null {
  return parsed(SealingStatement, payload)
}
