import { constants, KeyObject, sign, verify, X509Certificate } from 'node:crypto'
import { type KeyType, keyTypeOf } from './key-type.js'

export type InvitationContext = 'accept' | 'confirm'
/** What a key of a user signs: beside invitations what clients tell each other through the hub (docs/sealing.md). */
export type SignatureContext = InvitationContext | 'sealing-key' | 'sealed-message'

const PREFIX = Buffer.alloc(64, 0x20)
const CONTEXTS: Readonly<Record<SignatureContext, Buffer>> = {
  accept: Buffer.from('Hermes v1 invitation accept\0'),
  confirm: Buffer.from('Hermes v1 invitation confirm\0'),
  'sealing-key': Buffer.from('Hermes v1 sealing key\0'),
  'sealed-message': Buffer.from('Hermes v1 sealed message\0'),
}

interface Scheme {
  readonly hash: 'sha256' | 'sha384' | null
  readonly padding?: number
  readonly saltLength?: number
}

/** protocol.md "Invitation": the algorithm follows from the key and is not negotiated. */
const SCHEMES: Readonly<Record<KeyType, Scheme>> = {
  'P-256': { hash: 'sha256' },
  'P-384': { hash: 'sha384' },
  RSA: { hash: 'sha256', padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 },
  Ed25519: { hash: null },
}

/** What is signed: 64 spaces, the context string, one zero byte, the transcript. */
export function signedBytes(context: SignatureContext, transcript: string): Buffer {
  return Buffer.concat([PREFIX, CONTEXTS[context], Buffer.from(transcript)])
}

function publicKeyOf(certificate: Uint8Array | KeyObject): KeyObject {
  return certificate instanceof KeyObject ? certificate : new X509Certificate(certificate).publicKey
}

/**
 * Whether `signature` is the signer's over `transcript` in `context`. `certificate` is the signer's, in DER,
 * or its public key. Runs in the thread pool; false, never an exception, for whatever is malformed.
 */
export async function verifyTranscript(
  certificate: Uint8Array | KeyObject,
  context: SignatureContext,
  transcript: string,
  signature: Uint8Array,
): Promise<boolean> {
  try {
    const key = publicKeyOf(certificate)
    const type = keyTypeOf(key)
    if (type === undefined) return false
    const { hash, ...padding } = SCHEMES[type]
    const bytes = signedBytes(context, transcript)
    return await new Promise((resolve) => {
      verify(hash, bytes, { key, ...padding }, signature, (error, isGood) => resolve(error === null && isGood))
    })
  } catch {
    return false
  }
}

/** The signature over `transcript` in `context` with a private key of any supported type. */
export function signTranscript(key: KeyObject, context: SignatureContext, transcript: string): Buffer {
  const type = keyTypeOf(key)
  if (type === undefined) throw new Error('the key is none of P-256, P-384, RSA 2048 to 4096 and Ed25519')
  const { hash, ...padding } = SCHEMES[type]
  return sign(hash, signedBytes(context, transcript), { key, ...padding })
}
