import { type KeyObject, sign } from 'node:crypto'
import { DerError, type DerNode, parseDer, TAG } from './der.js'
import { bitString, encodeDer, integer, sequence, time, unsignedInteger } from './der-encode.js'
import {
  expectTag,
  readBitString,
  readInteger,
  readOctetString,
  readOid,
  readSequence,
  readTime,
} from './der-values.js'
import type { SignatureAlgorithm } from './signature-algorithm.js'

const VERSION_TAG = 0xa0
const EXTENSIONS_TAG = 0xa3

export interface Extension {
  readonly id: string
  readonly critical: boolean
  /** Content of extnValue: DER of the extension's own type. */
  readonly value: Uint8Array
}

/** A TBSCertificate, taken apart [RFC 5280 4.1]. */
export interface TbsCertificate {
  readonly version: bigint
  /** Content octets of the INTEGER. */
  readonly serialNumber: Uint8Array
  readonly signature: DerNode
  readonly issuer: DerNode
  readonly notBefore: Date
  readonly notAfter: Date
  /** Tags of the two times. */
  readonly timeTags: readonly number[]
  readonly subject: DerNode
  readonly spki: DerNode
  readonly extensions: readonly Extension[]
  /** Tags of the elements after the public key. */
  readonly trailingTags: readonly number[]
}

export interface ParsedCertificate {
  readonly tbs: TbsCertificate
  readonly tbsBytes: Uint8Array
  readonly signatureAlgorithm: DerNode
  readonly signature: Uint8Array
}

/** What the issuer writes into a certificate, each value as DER where it is a structure. */
export interface CertificateTemplate {
  readonly serialNumber: Uint8Array
  readonly algorithm: SignatureAlgorithm
  readonly issuer: Uint8Array
  readonly notBefore: Date
  readonly notAfter: Date
  readonly subject: Uint8Array
  readonly spki: Uint8Array
  readonly extensions: readonly Uint8Array[]
}

/** [RFC 5280 4.1] `critical` is DEFAULT FALSE, so DER never writes false. */
export function readExtension(node: DerNode): Extension {
  const [id, ...rest] = readSequence(node, 'an extension', 2, 3)
  const critical = rest.length === 2
  if (critical && expectTag(rest[0], TAG.boolean, 'criticality').content[0] === 0)
    throw new DerError('critical FALSE is encoded')
  return { id: readOid(id, 'an extension'), critical, value: readOctetString(rest.at(-1), 'the value of an extension') }
}

function readVersion(node: DerNode | undefined): bigint {
  return node?.tag === VERSION_TAG ? readInteger(node.children[0], 'the version') : 0n
}

/** Takes a TBSCertificate apart; throws a DerError when it is not well formed. */
export function readTbs(node: DerNode): TbsCertificate {
  const elements = readSequence(node, 'TBSCertificate', 6, 10)
  const [serial, signature, issuer, validity, subject, spki, ...rest] =
    elements[0]?.tag === VERSION_TAG ? elements.slice(1) : elements
  const times = readSequence(validity, 'the validity', 2, 2)
  const extensions = rest.find(({ tag }) => tag === EXTENSIONS_TAG)
  return {
    version: readVersion(elements[0]),
    serialNumber: expectTag(serial, TAG.integer, 'the serial number').content,
    signature: expectTag(signature, TAG.sequence, 'the signature algorithm'),
    issuer: expectTag(issuer, TAG.sequence, 'the issuer'),
    notBefore: readTime(times[0], 'notBefore'),
    notAfter: readTime(times[1], 'notAfter'),
    timeTags: times.map(({ tag }) => tag),
    subject: expectTag(subject, TAG.sequence, 'the subject'),
    spki: expectTag(spki, TAG.sequence, 'the public key'),
    extensions:
      extensions === undefined ? [] : readSequence(extensions.children[0], 'the extensions', 1).map(readExtension),
    trailingTags: rest.map(({ tag }) => tag),
  }
}

/** Takes a certificate (DER) apart; throws a DerError when it is not well formed. */
export function parseCertificate(der: Uint8Array): ParsedCertificate {
  const [tbs, algorithm, signature] = readSequence(parseDer(der), 'the certificate', 3, 3)
  const tbsNode = expectTag(tbs, TAG.sequence, 'TBSCertificate')
  return {
    tbs: readTbs(tbsNode),
    tbsBytes: tbsNode.bytes,
    signatureAlgorithm: expectTag(algorithm, TAG.sequence, 'the signature algorithm'),
    signature: readBitString(signature, 'the signature'),
  }
}

/** DER of the to-be-signed certificate, version 3 [RFC 5280 4.1.2]. */
export function encodeTbs(template: CertificateTemplate): Buffer {
  return sequence(
    encodeDer(VERSION_TAG, integer(2)),
    unsignedInteger(template.serialNumber),
    template.algorithm.der,
    template.issuer,
    sequence(time(template.notBefore), time(template.notAfter)),
    template.subject,
    template.spki,
    encodeDer(EXTENSIONS_TAG, sequence(...template.extensions)),
  )
}

/** The certificate: `tbs`, the algorithm once more, and the signature over `tbs` [RFC 5280 4.1.1]. */
export function signTbs(tbs: Uint8Array, algorithm: SignatureAlgorithm, key: KeyObject): Buffer {
  return sequence(tbs, algorithm.der, bitString(sign(algorithm.hash, tbs, key)))
}
