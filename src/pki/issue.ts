import { randomBytes, randomInt } from 'node:crypto'
import type { Authority } from './authority.js'
import { encodeTbs, signTbs } from './certificate.js'
import { parseDer } from './der.js'
import { fingerprintOf, sha256Hex } from './fingerprint.js'
import { lint } from './lint.js'
import type { Profile } from './lint-check.js'
import { OID } from './oids.js'
import { encodePem } from './pem.js'
import {
  commonName,
  extendedKeyUsage,
  keyIdentifierOf,
  LEAF_BASIC_CONSTRAINTS,
  LEAF_KEY_USAGE,
  publicationExtensions,
  subjectAltName,
  subjectKeyIdentifier,
} from './profile.js'

const SERIAL_BYTES = 18

export interface IssuedCertificate {
  readonly der: Uint8Array
  readonly pem: string
  /** `sha256:` and 64 hex digits. */
  readonly fingerprint: string
  /** 36 hex digits. */
  readonly serialNumber: string
  /** 64 hex digits. */
  readonly spkiHash: string
  /** Both in whole seconds, as they stand in the certificate. */
  readonly notBefore: Date
  readonly notAfter: Date
}

/** What is particular to one leaf. */
export interface Leaf {
  readonly profile: Exclude<Profile, 'authority'>
  readonly commonName: string
  /** DER of GeneralNames. */
  readonly names: Uint8Array
  /** DER of SubjectPublicKeyInfo. */
  readonly spki: Uint8Array
  /** 36 hex digits, the first two 01 to 7f; made here when absent. */
  readonly serialNumber?: string | undefined
  readonly notBefore: Date
  /** Cut to the issuer's. */
  readonly notAfter: Date
}

const PURPOSE = { user: OID.clientAuth, server: OID.serverAuth } as const
const EXTENDED_KEY_USAGE = { user: extendedKeyUsage(PURPOSE.user), server: extendedKeyUsage(PURPOSE.server) } as const

/** A new serial number: first byte 0x01 to 0x7f, then 17 random bytes; 36 hex digits [RFC 5280 4.1.2.2]. */
export function newSerialNumber(): string {
  const bytes = randomBytes(SERIAL_BYTES)
  bytes[0] = randomInt(0x01, 0x80)
  return bytes.toString('hex')
}

export function wholeSeconds(date: Date): Date {
  return new Date(Math.floor(date.getTime() / 1000) * 1000)
}

function earlier(a: Date, b: Date): Date {
  return a < b ? a : b
}

/** Issues a leaf: encodes it, lints what is to be signed, and only then signs it. */
export function issueLeaf(authority: Authority, leaf: Leaf): IssuedCertificate {
  const serialNumber = leaf.serialNumber ?? newSerialNumber()
  const notBefore = wholeSeconds(leaf.notBefore)
  const notAfter = wholeSeconds(earlier(leaf.notAfter, authority.notAfter))
  const keyIdentifier = keyIdentifierOf(parseDer(leaf.spki))
  const tbs = encodeTbs({
    serialNumber: Buffer.from(serialNumber, 'hex'),
    algorithm: authority.algorithm,
    issuer: authority.subject,
    notBefore,
    notAfter,
    subject: commonName(leaf.commonName),
    spki: leaf.spki,
    extensions: [
      LEAF_BASIC_CONSTRAINTS,
      LEAF_KEY_USAGE,
      EXTENDED_KEY_USAGE[leaf.profile],
      subjectAltName(leaf.names),
      subjectKeyIdentifier(keyIdentifier),
      authority.authorityKeyIdentifier,
      ...publicationExtensions(authority.publication),
    ],
  })
  lint(tbs, {
    profile: leaf.profile,
    issuer: authority,
    algorithm: authority.algorithm,
    spki: leaf.spki,
    commonName: leaf.commonName,
    purpose: PURPOSE[leaf.profile],
    names: leaf.names,
  })
  const der = signTbs(tbs, authority.algorithm, authority.key)
  return {
    der,
    pem: encodePem('CERTIFICATE', der),
    fingerprint: fingerprintOf(der),
    serialNumber,
    spkiHash: sha256Hex(leaf.spki),
    notBefore,
    notAfter,
  }
}
