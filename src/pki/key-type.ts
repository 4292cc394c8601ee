import type { KeyObject } from 'node:crypto'

/** The kinds of key that a certificate may hold. */
export type KeyType = 'P-256' | 'P-384' | 'RSA' | 'Ed25519'

export const RSA_BITS_MIN = 2048
export const RSA_BITS_MAX = 4096
export const RSA_EXPONENT = 65_537n

/** The kind of a public or private key, undefined where Hermes does not admit it. */
export function keyTypeOf(key: KeyObject): KeyType | undefined {
  const details = key.asymmetricKeyDetails
  if (key.asymmetricKeyType === 'ed25519') return 'Ed25519'
  if (key.asymmetricKeyType === 'ec') {
    if (details?.namedCurve === 'prime256v1') return 'P-256'
    return details?.namedCurve === 'secp384r1' ? 'P-384' : undefined
  }
  if (key.asymmetricKeyType !== 'rsa') return undefined
  const bits = details?.modulusLength ?? 0
  return bits >= RSA_BITS_MIN && bits <= RSA_BITS_MAX && details?.publicExponent === RSA_EXPONENT ? 'RSA' : undefined
}
