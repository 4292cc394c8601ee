import { type KeyObject, X509Certificate } from 'node:crypto'
import { parseCertificate, type TbsCertificate } from './certificate.js'
import { parseDer, TAG } from './der.js'
import { readOctetString, readOid, readSequence } from './der-values.js'
import { fingerprintOf, sha256Hex } from './fingerprint.js'
import { OID } from './oids.js'
import { decodePem } from './pem.js'
import { authorityKeyIdentifier } from './profile.js'
import type { Publication } from './publication.js'
import { type SignatureAlgorithm, signatureAlgorithmFor } from './signature-algorithm.js'

const KEY_CERT_SIGN = 0b0000_0100

/** The certificate of a CA. */
export interface AuthorityCertificate {
  readonly certificatePem: string
  readonly certificateDer: Uint8Array
  /** Lower-case hex. */
  readonly serialNumber: string
  /** SHA-256 over SubjectPublicKeyInfo, 64 hex digits. */
  readonly spkiHash: string
  /** `sha256:` and 64 hex digits. */
  readonly fingerprint: string
  readonly notBefore: Date
  readonly notAfter: Date
  /** DER of the Name. */
  readonly issuer: Uint8Array
  /** DER of the Name; the issuer of what it signs, byte for byte [RFC 5280 4.1.2.4]. */
  readonly subject: Uint8Array
  readonly keyIdentifier: Uint8Array
  /** Extended key usages in dotted form, empty where there are none. */
  readonly purposes: readonly string[]
}

/** A CA certificate and its private key, with what every certificate it issues repeats. */
export interface Authority extends AuthorityCertificate {
  readonly key: KeyObject
  readonly algorithm: SignatureAlgorithm
  /** The AuthorityKeyIdentifier extension of what it signs. */
  readonly authorityKeyIdentifier: Uint8Array
  /** What it issues says where its CRL is; null: the URL is not known, and nothing is said. */
  readonly publication: Publication | null
}

/** The value of an extension, undefined where the certificate lacks it. */
export function extensionValue({ extensions }: TbsCertificate, id: string): Uint8Array | undefined {
  return extensions.find((extension) => extension.id === id)?.value
}

/** [RFC 5280 4.2.1.12] */
function extendedKeyUsages(tbs: TbsCertificate): readonly string[] {
  const value = extensionValue(tbs, OID.extKeyUsage)
  if (value === undefined) return []
  return readSequence(parseDer(value), 'extKeyUsage', 1).map((purpose) => readOid(purpose, 'a purpose'))
}

function isAuthority(tbs: TbsCertificate): boolean {
  const constraints = extensionValue(tbs, OID.basicConstraints)
  const usage = extensionValue(tbs, OID.keyUsage)
  if (constraints === undefined || usage === undefined) return false
  const [cA] = readSequence(parseDer(constraints), 'basicConstraints')
  return cA?.tag === TAG.boolean && cA.content[0] === 0xff && ((parseDer(usage).content[1] ?? 0) & KEY_CERT_SIGN) !== 0
}

/**
 * The certificate of a CA, whose key may be elsewhere. Throws an Error when it is not a CA's or lacks
 * its key identifier.
 */
export function parseAuthorityCertificate(certificatePem: string): AuthorityCertificate {
  const certificateDer = decodePem(certificatePem, ['CERTIFICATE'])
  const { tbs } = parseCertificate(certificateDer)
  if (!isAuthority(tbs)) throw new Error('the certificate is not that of a certificate authority')
  const identifier = extensionValue(tbs, OID.subjectKeyIdentifier)
  if (identifier === undefined) throw new Error('the certificate has no subject key identifier')
  return {
    certificatePem,
    certificateDer,
    serialNumber: Buffer.from(tbs.serialNumber).toString('hex'),
    spkiHash: sha256Hex(tbs.spki.bytes),
    fingerprint: fingerprintOf(certificateDer),
    notBefore: tbs.notBefore,
    notAfter: tbs.notAfter,
    issuer: tbs.issuer.bytes,
    subject: tbs.subject.bytes,
    keyIdentifier: readOctetString(parseDer(identifier), 'the subject key identifier'),
    purposes: extendedKeyUsages(tbs),
  }
}

/** The authority of a CA certificate and its key; throws an Error also when they do not belong together. */
export function createAuthority(
  certificatePem: string,
  key: KeyObject,
  publication: Publication | null = null,
): Authority {
  const certificate = parseAuthorityCertificate(certificatePem)
  const { certificateDer, keyIdentifier } = certificate
  const isPair = new X509Certificate(certificateDer).checkPrivateKey(key)
  if (!isPair) throw new Error('the key is not that of the certificate')
  return {
    ...certificate,
    key,
    algorithm: signatureAlgorithmFor(key),
    authorityKeyIdentifier: authorityKeyIdentifier(keyIdentifier),
    publication,
  }
}
