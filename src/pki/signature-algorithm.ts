import type { KeyObject } from 'node:crypto'
import { DerError, type DerNode, TAG } from './der.js'
import { derNull, oid, sequence } from './der-encode.js'
import { readOid, readSequence } from './der-values.js'
import { type KeyType, keyTypeOf } from './key-type.js'
import { OID } from './oids.js'

/** A signature algorithm of X.509. `hash` is node:crypto's name, null where the algorithm has its own. */
export interface SignatureAlgorithm {
  readonly oid: string
  readonly hash: 'sha256' | 'sha384' | 'sha512' | null
  readonly family: 'ec' | 'rsa' | 'ed25519'
  /** DER of the AlgorithmIdentifier. */
  readonly der: Uint8Array
}

type Family = SignatureAlgorithm['family']

/** [RFC 5758 3.2] ECDSA and [RFC 8410 3] Ed25519 without parameters, [RFC 4055 5] RSA with NULL. */
function define(dotted: string, family: Family, hash: SignatureAlgorithm['hash']): SignatureAlgorithm {
  const der = family === 'rsa' ? sequence(oid(dotted), derNull()) : sequence(oid(dotted))
  return { oid: dotted, family, hash, der }
}

const ECDSA_SHA256 = define(OID.ecdsaWithSha256, 'ec', 'sha256')
const ECDSA_SHA384 = define(OID.ecdsaWithSha384, 'ec', 'sha384')
const RSA_SHA256 = define(OID.sha256WithRsa, 'rsa', 'sha256')
const ED25519 = define(OID.ed25519, 'ed25519', null)

const ALGORITHMS: readonly SignatureAlgorithm[] = [
  ECDSA_SHA256,
  ECDSA_SHA384,
  define(OID.ecdsaWithSha512, 'ec', 'sha512'),
  RSA_SHA256,
  define(OID.sha384WithRsa, 'rsa', 'sha384'),
  define(OID.sha512WithRsa, 'rsa', 'sha512'),
  ED25519,
]

const BY_OID: ReadonlyMap<string, SignatureAlgorithm> = new Map(
  ALGORITHMS.map((algorithm) => [algorithm.oid, algorithm]),
)

const BY_KEY: Readonly<Record<KeyType, SignatureAlgorithm>> = {
  'P-256': ECDSA_SHA256,
  'P-384': ECDSA_SHA384,
  RSA: RSA_SHA256,
  Ed25519: ED25519,
}

/** The algorithm that an AlgorithmIdentifier names; throws a DerError when it is not allowed. */
export function parseSignatureAlgorithm(node: DerNode | undefined): SignatureAlgorithm {
  const [oidNode, parameters] = readSequence(node, 'the signature algorithm', 1, 2)
  const name = readOid(oidNode, 'the signature algorithm')
  const algorithm = BY_OID.get(name)
  if (algorithm === undefined)
    throw new DerError(
      `the signature algorithm ${name} is not allowed; ECDSA and RSA (PKCS #1 v1.5) with SHA-256, 384 or 512 and Ed25519 are`,
    )
  const isWellFormed = algorithm.family === 'rsa' ? parameters?.tag === TAG.null : parameters === undefined
  if (!isWellFormed) throw new DerError('the signature algorithm has parameters that its definition does not allow')
  return algorithm
}

/** Whether a key of this kind can make signatures of this algorithm. */
export function fitsKey(algorithm: SignatureAlgorithm, type: KeyType): boolean {
  return BY_KEY[type].family === algorithm.family
}

/** The algorithm with which a key signs certificates and requests. */
export function signatureAlgorithmFor(key: KeyObject): SignatureAlgorithm {
  const type = keyTypeOf(key)
  if (type === undefined)
    throw new Error('the key is none of P-256, P-384, Ed25519 and RSA of 2048 to 4096 bits with exponent 65537')
  return BY_KEY[type]
}
