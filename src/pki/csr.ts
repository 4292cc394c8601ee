import { verify } from 'node:crypto'
import { HermesError } from '../errors.js'
import { type DerNode, parseDer, TAG } from './der.js'
import { expectTag, readBitString, readInteger, readSequence } from './der-values.js'
import { sha256Hex } from './fingerprint.js'
import type { KeyType } from './key-type.js'
import { decodePem } from './pem.js'
import { type PublicKey, parsePublicKey } from './public-key.js'
import { checkRequestedNames, checkSubject } from './requested-names.js'
import { fitsKey, parseSignatureAlgorithm, type SignatureAlgorithm } from './signature-algorithm.js'

const CSR_BYTES_MAX = 16 * 1024
const LABELS = ['CERTIFICATE REQUEST', 'NEW CERTIFICATE REQUEST'] as const
const ATTRIBUTES_TAG = 0xa0

export interface RequestPolicy {
  readonly username: string
  readonly trustDomain: string
  /** SPKI hashes (64 hex digits) of keys that no user may have: the CAs'. */
  readonly forbiddenKeys: ReadonlySet<string>
}

/** What is taken from a certificate request: the public key, and nothing else. */
export interface CertificateRequest {
  /** DER of SubjectPublicKeyInfo. */
  readonly spki: Uint8Array
  /** SHA-256 over `spki`, 64 hex digits. */
  readonly spkiHash: string
  readonly keyType: KeyType
}

interface ParsedRequest {
  readonly info: DerNode
  readonly version: bigint
  readonly subject: DerNode
  readonly spki: DerNode
  readonly attributes: readonly DerNode[]
  readonly algorithm: DerNode | undefined
  readonly signature: Uint8Array
}

/** Runs one step of the policy; whatever it throws becomes `csr_rejected` with that reason. */
function step<T>(name: string, run: () => T): T {
  try {
    return run()
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new HermesError('csr_rejected', `The certificate request is refused: ${name}${reason}`, { cause })
  }
}

function refuse(reason: string): never {
  throw new Error(reason)
}

/** [RFC 2986 4.1, 4.2] */
function parseRequest(csrPem: string): ParsedRequest {
  const [info, algorithm, signature] = readSequence(parseDer(decodePem(csrPem, LABELS)), 'the request', 3, 3)
  const [version, subject, spki, attributes] = readSequence(info, 'CertificationRequestInfo', 3, 4)
  return {
    info: expectTag(info, TAG.sequence, 'CertificationRequestInfo'),
    version: readInteger(version, 'the version'),
    subject: expectTag(subject, TAG.sequence, 'the subject'),
    spki: expectTag(spki, TAG.sequence, 'the public key'),
    attributes: attributes === undefined ? [] : expectTag(attributes, ATTRIBUTES_TAG, 'attributes').children,
    algorithm,
    signature: readBitString(signature, 'the signature'),
  }
}

/** [RFC 2986 4.2] over the bytes as received: proof that the sender has the private key. */
function checkSignature(request: ParsedRequest, algorithm: SignatureAlgorithm, { type, key }: PublicKey): void {
  if (!fitsKey(algorithm, type)) refuse(`its signature algorithm does not fit its ${type} key`)
  if (!verify(algorithm.hash, request.info.bytes, key, request.signature)) refuse('its signature does not verify')
}

/**
 * Checks a PKCS#10 request (PEM) against the policy of pki.md, in its order, and takes the public key from it.
 * Throws `csr_rejected` with the precise reason. That the key is nobody else's is for the database to decide.
 */
export function parseCertificateRequest(csrPem: string, policy: RequestPolicy): CertificateRequest {
  step('', () => Buffer.byteLength(csrPem) > CSR_BYTES_MAX && refuse(`it is larger than ${CSR_BYTES_MAX} bytes`))
  const request = step('it is no PKCS #10 in PEM: ', () => parseRequest(csrPem))
  step('', () => request.version !== 0n && refuse('its version is not 0')) // [RFC 2986 4.1]
  const algorithm = step('', () => parseSignatureAlgorithm(request.algorithm))
  const publicKey = step('its key: ', () => parsePublicKey(request.spki))
  step('', () => checkSignature(request, algorithm, publicKey))
  step('', () => checkSubject(request.subject, policy.username))
  step('', () => checkRequestedNames(request.attributes, `acct:${policy.username}@${policy.trustDomain}`))
  const spki = Uint8Array.from(request.spki.bytes)
  const spkiHash = sha256Hex(spki)
  step('', () => policy.forbiddenKeys.has(spkiHash) && refuse('its key belongs to a certificate authority'))
  return { spki, spkiHash, keyType: publicKey.type }
}
