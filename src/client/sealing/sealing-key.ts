import { createECDH, createPrivateKey, ECDH, hkdfSync, type KeyObject } from 'node:crypto'

/** The key pair that messages to one user are sealed for. */
export interface SealingKey {
  readonly privateKey: KeyObject
  /** The point on P-256, uncompressed [SEC 1 2.3.3], base64url. */
  readonly publicKey: string
}

const CURVE = 'prime256v1'
const INFO = 'Hermes v1 sealing key'
/** The order of P-256 [FIPS 186-5, SP 800-186 3.2.1.3]. */
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
const SCALAR_BYTES = 32
/** 128 bits more than the order, so that the remainder is not biased [FIPS 186-5 A.2.1]. */
const DERIVED_BYTES = 48

/**
 * The sealing key that goes with a private key: whoever has the one has the other, so that each device of a user opens
 * what was sealed for him. HKDF keeps the two apart [RFC 5869]: what is done with one says nothing of the other.
 */
export function sealingKeyOf(key: KeyObject): SealingKey {
  const known = derived.get(key) ?? derive(key)
  derived.set(key, known)
  return known
}

const derived = new WeakMap<KeyObject, SealingKey>()

function derive(key: KeyObject): SealingKey {
  const secret = Buffer.from(key.export({ format: 'jwk' }).d ?? '', 'base64url')
  if (secret.length === 0) throw new Error('a sealing key comes of a private key')
  const bytes = Buffer.from(hkdfSync('sha256', secret, Buffer.alloc(0), INFO, DERIVED_BYTES))
  const scalar = (BigInt(`0x${bytes.toString('hex')}`) % (ORDER - 1n)) + 1n
  const d = Buffer.from(scalar.toString(16).padStart(2 * SCALAR_BYTES, '0'), 'hex')
  const pair = createECDH(CURVE)
  pair.setPrivateKey(d)
  const publicKey = pair.getPublicKey().toString('base64url')
  const jwk = { ...jwkOf(publicKey), d: d.toString('base64url') }
  return { privateKey: createPrivateKey({ key: jwk, format: 'jwk' }), publicKey }
}

/** A public sealing key as a JWK [RFC 7517]. */
export function jwkOf(publicKey: string) {
  const point = Buffer.from(publicKey, 'base64url')
  const coordinate = (from: number) => point.subarray(from, from + SCALAR_BYTES).toString('base64url')
  return { kty: 'EC', crv: 'P-256', x: coordinate(1), y: coordinate(1 + SCALAR_BYTES) } as const
}

/** Whether it is one: a point on the curve, written the one way. */
export function isPublicKey(text: string): boolean {
  try {
    return ECDH.convertKey(text, CURVE, 'base64url', 'base64url', 'uncompressed') === text
  } catch {
    return false
  }
}

/** The `kid` of whoever is sealed for: the thumbprint of his sealing key [RFC 7638]. */
export async function idOf(publicKey: string): Promise<string> {
  const { calculateJwkThumbprint } = await import('jose')
  return calculateJwkThumbprint(jwkOf(publicKey))
}
