import { createHash } from 'node:crypto'
import { OctetString } from 'asn1js'
import { AuthorityKeyIdentifier, BasicConstraints, ExtKeyUsage } from 'pkijs'
import { type DerNode, TAG } from './der.js'
import { encodeDer, octetString, oid, sequence, set, utf8String } from './der-encode.js'
import { readBitString, readSequence } from './der-values.js'
import { NAME_TAG } from './general-names.js'
import { OID } from './oids.js'
import type { Publication } from './publication.js'

const TRUE = encodeDer(TAG.boolean, Uint8Array.of(0xff))

/** Extension ::= SEQUENCE { extnID, critical DEFAULT FALSE, extnValue } [RFC 5280 4.1]. */
export function extension(id: string, critical: boolean, value: Uint8Array): Buffer {
  return critical ? sequence(oid(id), TRUE, octetString(value)) : sequence(oid(id), octetString(value))
}

const der = (structure: { toSchema(): { toBER(): ArrayBuffer } }): Uint8Array =>
  new Uint8Array(structure.toSchema().toBER())

/** [RFC 5280 4.2.1.9] an empty SEQUENCE: cA is DEFAULT FALSE. */
export const LEAF_BASIC_CONSTRAINTS = extension(OID.basicConstraints, true, der(new BasicConstraints()))

/** [RFC 5280 4.2.1.9] critical, cA TRUE. */
export function authorityBasicConstraints(pathLength: number): Buffer {
  return extension(OID.basicConstraints, true, der(new BasicConstraints({ cA: true, pathLenConstraint: pathLength })))
}

/** [RFC 5280 4.2.1.3] digitalSignature is bit 0; keyCertSign and cRLSign are bits 5 and 6. */
export const LEAF_KEY_USAGE_VALUE = encodeDer(TAG.bitString, Uint8Array.of(7, 0b1000_0000))
export const AUTHORITY_KEY_USAGE_VALUE = encodeDer(TAG.bitString, Uint8Array.of(1, 0b1000_0110))
export const LEAF_KEY_USAGE = extension(OID.keyUsage, true, LEAF_KEY_USAGE_VALUE)
export const AUTHORITY_KEY_USAGE = extension(OID.keyUsage, true, AUTHORITY_KEY_USAGE_VALUE)

/** [RFC 5280 4.2.1.12] one purpose. */
export function extendedKeyUsage(purpose: string): Buffer {
  return extension(OID.extKeyUsage, false, der(new ExtKeyUsage({ keyPurposes: [purpose] })))
}

/** [RFC 7093 2 (1)] the leftmost 160 bits of SHA-256 over the bits of the public key. */
export function keyIdentifierOf(spki: DerNode): Buffer {
  const [, key] = readSequence(spki, 'the public key', 2, 2)
  return createHash('sha256').update(readBitString(key, 'the public key')).digest().subarray(0, 20)
}

/** [RFC 5280 4.2.1.2] */
export function subjectKeyIdentifier(keyIdentifier: Uint8Array): Buffer {
  return extension(OID.subjectKeyIdentifier, false, octetString(keyIdentifier))
}

/** [RFC 5280 4.2.1.1] */
export function authorityKeyIdentifier(keyIdentifier: Uint8Array): Buffer {
  const value = new AuthorityKeyIdentifier({
    keyIdentifier: new OctetString({ valueHex: Uint8Array.from(keyIdentifier) }),
  })
  return extension(OID.authorityKeyIdentifier, false, der(value))
}

/** [RFC 5280 4.2.1.6] not critical, since the subject is not empty. `names` is DER of GeneralNames. */
export function subjectAltName(names: Uint8Array): Buffer {
  return extension(OID.subjectAltName, false, names)
}

const uriName = (uri: string): Buffer => encodeDer(NAME_TAG.uri, Buffer.from(uri, 'ascii'))

/** [RFC 5280 4.2.1.13] one distribution point, whose full name is one URI; its CRL is complete. */
function crlDistributionPoints(uri: string): Buffer {
  const fullName = encodeDer(0xa0, uriName(uri))
  return extension(OID.crlDistributionPoints, false, sequence(sequence(encodeDer(0xa0, fullName))))
}

/** [RFC 5280 4.2.2.1] */
function authorityInfoAccess({ ocsp, issuer }: Publication): Buffer {
  const descriptions = [
    ...(ocsp === null ? [] : [sequence(oid(OID.ocsp), uriName(ocsp))]),
    sequence(oid(OID.caIssuers), uriName(issuer)),
  ]
  return extension(OID.authorityInfoAccess, false, sequence(...descriptions))
}

/** Where to learn of the issuer's revocations, and to find its certificate; nothing when nobody can say. */
export function publicationExtensions(publication: Publication | null): readonly Buffer[] {
  return publication === null ? [] : [crlDistributionPoints(publication.crl), authorityInfoAccess(publication)]
}

/** A Name of one commonName, UTF8String [RFC 5280 4.1.2.4]. */
export function commonName(name: string): Buffer {
  return sequence(set(sequence(oid(OID.commonName), utf8String(name))))
}
