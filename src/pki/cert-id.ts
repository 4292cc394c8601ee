import { createHash } from 'node:crypto'
import type { AuthorityCertificate } from './authority.js'
import { parseCertificate } from './certificate.js'
import { type DerNode, TAG } from './der.js'
import { derNull, octetString, oid, sequence, unsignedInteger } from './der-encode.js'
import { expectTag, readBitString, readOctetString, readOid, readSequence } from './der-values.js'
import { OID } from './oids.js'

const HASHES: Readonly<Record<string, 'sha1' | 'sha256'>> = { [OID.sha1]: 'sha1', [OID.sha256]: 'sha256' }

/** Which certificate an OCSP request asks about [RFC 6960 4.1.1]. */
export interface CertId {
  /** As it was received, for the answer repeats it byte for byte. */
  readonly der: Uint8Array
  /** Hashes of the issuer's name and key with their algorithm; null for an algorithm that is not known. */
  readonly issuer: string | null
  /** Lower-case hex. */
  readonly serialNumber: string
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

/** Takes a CertID apart; throws a DerError when it is not well formed. */
export function readCertId(node: DerNode | undefined): CertId {
  const [algorithm, nameHash, keyHash, serialNumber] = readSequence(node, 'the CertID', 4, 4)
  const [dotted] = readSequence(algorithm, 'the hash algorithm', 1, 2)
  const hash = HASHES[readOid(dotted, 'the hash algorithm')]
  const hashes = `${hex(readOctetString(nameHash, 'issuerNameHash'))} ${hex(readOctetString(keyHash, 'issuerKeyHash'))}`
  return {
    der: node?.bytes ?? new Uint8Array(),
    issuer: hash === undefined ? null : `${hash} ${hashes}`,
    serialNumber: hex(expectTag(serialNumber, TAG.integer, 'the serial number').content),
  }
}

/** Hashes of an issuer's Name and of the bits of its key [RFC 6960 4.1.1]. */
function issuerHashes({ certificateDer, subject }: AuthorityCertificate, hash: 'sha1' | 'sha256') {
  const [, key] = readSequence(parseCertificate(certificateDer).tbs.spki, 'the public key', 2, 2)
  const digest = (bytes: Uint8Array) => createHash(hash).update(bytes).digest()
  return { name: digest(subject), key: digest(readBitString(key, 'the public key')) }
}

/** What `issuer` of a CertID may be for this authority: with SHA-1, and with SHA-256. */
export function issuersOf(authority: AuthorityCertificate): readonly string[] {
  return (['sha1', 'sha256'] as const).map((hash) => {
    const { name, key } = issuerHashes(authority, hash)
    return `${hash} ${hex(name)} ${hex(key)}`
  })
}

/** The CertID of a certificate, with SHA-1, which every client knows. */
export function certIdOf(authority: AuthorityCertificate, serialNumber: string): CertId {
  const { name, key } = issuerHashes(authority, 'sha1')
  const der = sequence(
    sequence(oid(OID.sha1), derNull()),
    octetString(name),
    octetString(key),
    unsignedInteger(Buffer.from(serialNumber, 'hex')),
  )
  return { der, issuer: `sha1 ${hex(name)} ${hex(key)}`, serialNumber }
}
