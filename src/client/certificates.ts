import { type KeyObject, X509Certificate } from 'node:crypto'
import { type Extension, parseCertificate } from '../pki/certificate.js'
import { fingerprintOf } from '../pki/fingerprint.js'
import { keyTypeOf } from '../pki/key-type.js'
import { OID } from '../pki/oids.js'
import { decodePem, splitPem } from '../pki/pem.js'
import type { CertifiedParty } from '../wire/events.js'
import { isCrl, type RootCrl, readRootCrl } from './root-crl.js'
import { VerificationError, verify } from './verification-error.js'

/** What this side has pinned: never taken from a message. */
export interface Pin {
  /** PEM of the root CA certificate. */
  readonly rootPem: string
  /** Its fingerprint: the line `hub` of every transcript. */
  readonly rootFingerprint: string
  /** The part after @ in the names of certificates. */
  readonly trustDomain: string
  /** The CAs that issue to users, each verified under the root. */
  readonly issuers: readonly X509Certificate[]
  /** Serial numbers (upper-case hex) that the root has revoked, and since when. */
  readonly revoked: ReadonlyMap<string, Date>
  /** The CRLs that say so. */
  readonly crls: readonly RootCrl[]
}

/** Critical extensions that are taken into account here or by node:crypto. */
const CRITICAL: readonly string[] = [OID.basicConstraints, OID.keyUsage, OID.extKeyUsage, OID.subjectAltName]

/** [RFC 5280 4.2] a critical extension that is not recognised makes a certificate useless. */
function refuseUnknownCritical(extensions: readonly Extension[]): void {
  const unknown = extensions.find(({ critical, id }) => critical && !CRITICAL.includes(id))
  if (unknown) throw new Error(`its critical extension ${unknown.id} is not known here`)
}

/** Who a certificate proves its holder to be. */
export interface VerifiedCertificate {
  readonly username: string
  readonly fingerprint: string
  readonly publicKey: KeyObject
  readonly notAfter: Date
}

/** So long before its time, and after it, a certificate counts as valid. */
export interface Leeway {
  readonly earlyMs?: number
  readonly lateMs?: number
}

interface Opened {
  readonly x509: X509Certificate
  readonly fingerprint: string
}

function open(pem: string, what: string): Opened {
  try {
    const der = decodePem(pem, ['CERTIFICATE'])
    refuseUnknownCritical(parseCertificate(der).tbs.extensions)
    return { x509: new X509Certificate(der), fingerprint: fingerprintOf(der) }
  } catch (cause) {
    throw new VerificationError(
      'certificate_invalid',
      `${what} cannot be read: ${cause instanceof Error ? cause.message : 'unknown'}`,
      {
        cause,
      },
    )
  }
}

/**
 * Pins a root. `fingerprint` is what the user compared out of band; `authoritiesPem` is what `GET /ca` answers,
 * of which only what the root issued for clients counts, and the CRL of the root, if that is at hand. Throws
 * VerificationError.
 */
export function pinRoot(rootPem: string, fingerprint: string, trustDomain: string, authoritiesPem: string): Pin {
  const root = open(rootPem, 'the root certificate')
  verify(
    root.fingerprint === fingerprint,
    'root_mismatch',
    `the root has the fingerprint ${root.fingerprint}, not ${fingerprint}`,
  )
  verify(
    isIssuedBy(root.x509, root.x509) && root.x509.ca,
    'root_mismatch',
    'the root certificate is no self-signed CA certificate',
  )
  const blocks = splitPem(authoritiesPem)
  const issuers = blocks
    .filter((pem) => !isCrl(pem))
    .map((pem) => open(pem, 'a certificate of the CA').x509)
    .filter((x509) => x509.ca && isForClients(x509) && isIssuedBy(x509, root.x509))
  verify(
    issuers.length > 0,
    'certificate_invalid',
    'no certificate of the CA was issued by the pinned root for clients',
  )
  const crls = blocks.filter(isCrl).map((pem) => readRootCrl(rootPem, pem))
  const revoked = new Map(crls.flatMap((crl) => [...crl.revoked]))
  return { rootPem, rootFingerprint: fingerprint, trustDomain, issuers, revoked, crls }
}

/**
 * Verifies the certificate of `username` up to the pinned root at the time `now`: signatures, validity, purpose,
 * key, and the name `acct:<username>@<trust domain>` [RFC 5280 6.1, RFC 7565]. Whether it was revoked is the
 * server's word (`status` of an Identity). Throws VerificationError with the reason.
 */
export function verifyUserCertificate(
  pem: string,
  username: string,
  pin: Pin,
  now: Date,
  leeway: Leeway = {},
): VerifiedCertificate {
  const what = `the certificate of ${username}`
  const { x509, fingerprint } = open(pem, what)
  const issuer = pin.issuers.find((candidate) => isIssuedBy(x509, candidate))
  verify(issuer !== undefined, 'certificate_invalid', `${what} was not issued under the pinned root`)
  const revokedAt = pin.revoked.get(issuer.serialNumber)
  verify(
    revokedAt === undefined || now < revokedAt,
    'certificate_invalid',
    `${what} was issued by a CA that the root has revoked`,
  )
  verify(
    [issuer, x509].every((one) => isValidAt(one, now, leeway)),
    'certificate_invalid',
    `${what} is not valid at ${now.toISOString()}`,
  )
  verify(!x509.ca && isForClients(x509), 'certificate_invalid', `${what} is not for a client`)
  verify(
    keyTypeOf(x509.publicKey) !== undefined,
    'certificate_invalid',
    `${what} has a key of a kind that Hermes does not admit`,
  )
  const name = `URI:acct:${username}@${pin.trustDomain}`
  verify(
    x509.subjectAltName === name,
    'certificate_swapped',
    `${what} names ${x509.subjectAltName ?? 'nobody'}, not ${name}`,
  )
  return { username, fingerprint, publicKey: x509.publicKey, notAfter: new Date(x509.validTo) }
}

/** [RFC 5280 6.1.3 (a)] names chain, and the issuer's key made the signature. */
function isIssuedBy(x509: X509Certificate, issuer: X509Certificate): boolean {
  return x509.checkIssued(issuer) && x509.verify(issuer.publicKey)
}

function isValidAt(x509: X509Certificate, now: Date, { earlyMs = 0, lateMs = 0 }: Leeway): boolean {
  return Date.parse(x509.validFrom) <= now.getTime() + earlyMs && now.getTime() - lateMs <= Date.parse(x509.validTo)
}

/** [RFC 5280 4.2.1.12] node:crypto calls the extended key usages keyUsage. */
function isForClients(x509: X509Certificate): boolean {
  return x509.keyUsage?.includes(OID.clientAuth) ?? false
}

/** The same for one that is shown with its fingerprint, which must be that of the certificate. */
export function verifyNamedCertificate(
  { username, fingerprint, certificate }: CertifiedParty,
  pin: Pin,
  now: Date,
  leeway: Leeway = {},
): VerifiedCertificate {
  const verified = verifyUserCertificate(certificate, username, pin, now, leeway)
  verify(
    verified.fingerprint === fingerprint,
    'certificate_swapped',
    `the certificate shown is not the one of ${username} named`,
  )
  return verified
}
