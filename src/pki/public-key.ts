import { createPublicKey, type KeyObject } from 'node:crypto'
import { DerError, type DerNode, parseDer, TAG } from './der.js'
import { readBitString, readInteger, readOid, readSequence } from './der-values.js'
import { type KeyType, RSA_BITS_MAX, RSA_BITS_MIN, RSA_EXPONENT } from './key-type.js'
import { OID } from './oids.js'

/** A public key of a kind that Hermes admits. */
export interface PublicKey {
  readonly type: KeyType
  readonly key: KeyObject
}

const ALLOWED = 'allowed are P-256, P-384, Ed25519, and RSA of 2048 to 4096 bits with exponent 65537'
const CURVES: Readonly<Record<string, { type: 'P-256' | 'P-384'; octets: number }>> = {
  [OID.prime256v1]: { type: 'P-256', octets: 32 },
  [OID.secp384r1]: { type: 'P-384', octets: 48 },
}

/** y of the points of small order on edwards25519: under such a key a signature can fit every message. */
const SMALL_ORDER = new Set([
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
])

const base64url = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url')

/** [RFC 5480 2.1.1, 2.2] a named curve and an uncompressed point; node:crypto checks that it is on the curve. */
function parseEc(parameters: DerNode | undefined, point: Uint8Array): PublicKey {
  if (parameters?.tag !== TAG.oid) throw new DerError(`its curve is not named; ${ALLOWED}`)
  const curve = CURVES[readOid(parameters, 'the curve')]
  if (curve === undefined) throw new DerError(`its curve is neither P-256 nor P-384; ${ALLOWED}`)
  if (point[0] !== 0x04 || point.length !== 1 + 2 * curve.octets)
    throw new DerError('its point is not in uncompressed form')
  const x = base64url(point.subarray(1, 1 + curve.octets))
  const y = base64url(point.subarray(1 + curve.octets))
  try {
    return { type: curve.type, key: createPublicKey({ key: { kty: 'EC', crv: curve.type, x, y }, format: 'jwk' }) }
  } catch {
    throw new DerError('its point is not on the curve')
  }
}

/** [RFC 4055 1.2] parameters are NULL; [RFC 8017 A.1.1] modulus and exponent. */
function parseRsa(parameters: DerNode | undefined, bytes: Uint8Array): PublicKey {
  if (parameters?.tag !== TAG.null) throw new DerError('its RSA parameters are not NULL')
  const [modulusNode, exponentNode] = readSequence(parseDer(bytes), 'the RSA key', 2, 2)
  const modulus = readInteger(modulusNode, 'the RSA modulus')
  const bits = modulus.toString(2).length
  if (modulus <= 0n || bits < RSA_BITS_MIN || bits > RSA_BITS_MAX)
    throw new DerError(`it is RSA of ${bits} bits; ${ALLOWED}`)
  if (readInteger(exponentNode, 'the RSA exponent') !== RSA_EXPONENT)
    throw new DerError(`its RSA exponent is not 65537; ${ALLOWED}`)
  if (modulus % 2n === 0n) throw new DerError('its RSA modulus is even')
  const hex = modulus.toString(16)
  const n = base64url(Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex'))
  return { type: 'RSA', key: createPublicKey({ key: { kty: 'RSA', n, e: 'AQAB' }, format: 'jwk' }) }
}

/** [RFC 8410 3, 4] parameters are absent, the key is 32 octets. */
function parseEd25519(parameters: DerNode | undefined, bytes: Uint8Array): PublicKey {
  if (parameters !== undefined || bytes.length !== 32) throw new DerError('it is not a well-formed Ed25519 key')
  const y = Buffer.from(bytes)
  y[31] = (y[31] ?? 0) & 0x7f
  if (SMALL_ORDER.has(y.toString('hex'))) throw new DerError('it is an Ed25519 point of small order')
  return {
    type: 'Ed25519',
    key: createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: base64url(bytes) }, format: 'jwk' }),
  }
}

/** The public key in a SubjectPublicKeyInfo; throws a DerError with the reason when it is none that Hermes admits. */
export function parsePublicKey(spki: DerNode): PublicKey {
  const [algorithmNode, keyNode] = readSequence(spki, 'the public key', 2, 2)
  const [oidNode, parameters] = readSequence(algorithmNode, "the key's algorithm", 1, 2)
  const bytes = readBitString(keyNode, 'the public key')
  const algorithm = readOid(oidNode, "the key's algorithm")
  if (algorithm === OID.ecPublicKey) return parseEc(parameters, bytes)
  if (algorithm === OID.rsaEncryption) return parseRsa(parameters, bytes)
  if (algorithm === OID.ed25519) return parseEd25519(parameters, bytes)
  throw new DerError(`its algorithm is ${algorithm}; ${ALLOWED}`)
}
