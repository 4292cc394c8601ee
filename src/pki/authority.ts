import { type KeyObject, X509Certificate } from 'node:crypto'
import { parseCertificate, type TbsCertificate } from './certificate.js'
import { parseDer } from './der.js'
import { readOctetString, readSequence } from './der-values.js'
import { fingerprintOf, sha256Hex } from './fingerprint.js'
import { OID } from './oids.js'
import { decodePem } from './pem.js'
import { authorityKeyIdentifier } from './profile.js'
import { type SignatureAlgorithm, signatureAlgorithmFor } from './signature-algorithm.js'

const KEY_CERT_SIGN = 0b0000_0100

/** A CA certificate and its private key, with what every certificate it issues repeats. */
export interface Authority {
  readonly certificatePem: string
  readonly certificateDer: Uint8Array
  readonly key: KeyObject
  /** SHA-256 over SubjectPublicKeyInfo, 64 hex digits. */
  readonly spkiHash: string
  /** `sha256:` and 64 hex digits. */
  readonly fingerprint: string
  readonly notAfter: Date
  /** DER of the Name; the issuer of what it signs, byte for byte [RFC 5280 4.1.2.4]. */
  readonly subject: Uint8Array
  readonly keyIdentifier: Uint8Array
  readonly algorithm: SignatureAlgorithm
  /** The AuthorityKeyIdentifier extension of what it signs. */
  readonly authorityKeyIdentifier: Uint8Array
}

/** The value of an extension, undefined where the certificate lacks it. */
export function extensionValue({ extensions }: TbsCertificate, id: string): Uint8Array | undefined {
  return extensions.find((extension) => extension.id === id)?.value
}

function isAuthority(tbs: TbsCertificate): boolean {
  const constraints = extensionValue(tbs, OID.basicConstraints)
  const usage = extensionValue(tbs, OID.keyUsage)
  if (constraints === undefined || usage === undefined) return false
  const [cA] = readSequence(parseDer(constraints), 'basicConstraints')
  return cA?.tag === 0x01 && cA.content[0] === 0xff && ((parseDer(usage).content[1] ?? 0) & KEY_CERT_SIGN) !== 0
}

/**
 * The authority of a CA certificate and its key. Throws an Error when the certificate is not a CA's,
 * lacks its key identifier, or is not for this key.
 */
export function createAuthority(certificatePem: string, key: KeyObject): Authority {
  const certificateDer = decodePem(certificatePem, ['CERTIFICATE'])
  const { tbs } = parseCertificate(certificateDer)
  if (!isAuthority(tbs)) throw new Error('the certificate is not that of a certificate authority')
  const identifier = extensionValue(tbs, OID.subjectKeyIdentifier)
  if (identifier === undefined) throw new Error('the certificate has no subject key identifier')
  if (!new X509Certificate(certificateDer).checkPrivateKey(key))
    throw new Error('the key is not that of the certificate')
  const keyIdentifier = readOctetString(parseDer(identifier), 'the subject key identifier')
  return {
    certificatePem,
    certificateDer,
    key,
    spkiHash: sha256Hex(tbs.spki.bytes),
    fingerprint: fingerprintOf(certificateDer),
    notAfter: tbs.notAfter,
    subject: tbs.subject.bytes,
    keyIdentifier,
    algorithm: signatureAlgorithmFor(key),
    authorityKeyIdentifier: authorityKeyIdentifier(keyIdentifier),
  }
}
