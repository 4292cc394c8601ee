import { X509Certificate } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { HermesError } from '../errors.js'
import { encodePem } from '../pki/pem.js'
import type { CertificateRecord, NewCertificate } from '../store/records.js'
import type { Identity, IdentityStatus } from '../wire/identity.js'

/** Certificates whose PEM is kept at hand. */
const CACHED_MAX = 10_000

interface Encoded {
  readonly certificate: string
  readonly chain: string
}

/** What there is to say of a user: every IdentityRecord is one. */
export interface Describable {
  readonly user: { readonly username: string }
  readonly certificate: NewCertificate & Pick<CertificateRecord, 'revokedAt'>
}

/** Makes a record what goes on the wire, as of `now`. */
export type DescribeIdentity = (record: Describable, now: Date) => Identity

/** `issuers`: PEM of every users' CA ever used, as of now, newest first. */
export function createIdentityDescriber(issuers: () => readonly string[]): DescribeIdentity {
  const parsed = new Map<string, X509Certificate>()
  const parse = (pem: string): X509Certificate => {
    const certificate = parsed.get(pem) ?? new X509Certificate(pem)
    parsed.set(pem, certificate)
    return certificate
  }
  const cache = new LRUCache<string, Encoded>({ maxSize: CACHED_MAX, sizeCalculation: () => 1 })

  const encode = ({ der, fingerprint }: NewCertificate): Encoded => {
    const known = cache.get(fingerprint)
    if (known !== undefined) return known
    const leaf = new X509Certificate(der)
    const issuer = issuers().find((pem) => leaf.checkIssued(parse(pem)))
    if (issuer === undefined)
      throw new HermesError('internal', `No known users' CA issued the certificate ${fingerprint}`)
    const encoded = { certificate: encodePem('CERTIFICATE', der), chain: issuer }
    cache.set(fingerprint, encoded)
    return encoded
  }

  return ({ user, certificate }, now) => ({
    username: user.username,
    ...encode(certificate),
    fingerprint: certificate.fingerprint,
    serialNumber: certificate.serialNumber,
    notBefore: certificate.notBefore.toISOString(),
    notAfter: certificate.notAfter.toISOString(),
    status: statusOf(certificate, now),
  })
}

export function statusOf(certificate: Pick<CertificateRecord, 'revokedAt' | 'notAfter'>, now: Date): IdentityStatus {
  if (certificate.revokedAt !== null) return 'revoked'
  return certificate.notAfter <= now ? 'expired' : 'valid'
}
