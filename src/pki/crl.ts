import { verify, X509Certificate } from 'node:crypto'
import type { Authority, AuthorityCertificate } from './authority.js'
import { type Extension, readExtension } from './certificate.js'
import { DerError, type DerNode, elementsOf, parseDer, TAG } from './der.js'
import { encodeDer, integer, sequence, time } from './der-encode.js'
import { expectTag, readBitString, readInteger, readSequence, readTime } from './der-values.js'
import { OID } from './oids.js'
import { extension } from './profile.js'
import { parseSignatureAlgorithm } from './signature-algorithm.js'

const EXTENSIONS_TAG = 0xa0
const NUMBER_OCTETS_MAX = 20

/** What stands in a CRL. */
export interface CrlTemplate {
  /** [RFC 5280 5.2.3] greater than that of every CRL before it. */
  readonly number: number
  readonly thisUpdate: Date
  readonly nextUpdate: Date
  /** As `encodeCrlEntry` makes them. */
  readonly entries: readonly Uint8Array[]
}

/** A TBSCertList, taken apart but for its entries [RFC 5280 5.1.2]. */
export interface TbsCrl {
  readonly version: bigint
  readonly signature: DerNode
  readonly issuer: DerNode
  readonly thisUpdate: Date
  /** Null where it is missing. */
  readonly nextUpdate: Date | null
  /** Tags of the times that are there. */
  readonly timeTags: readonly number[]
  /** DER of the entries, one behind another; null where revokedCertificates is missing. */
  readonly entries: Uint8Array | null
  readonly extensions: readonly Extension[]
}

const isTime = (tag: number | undefined): boolean => tag === TAG.utcTime || tag === TAG.generalizedTime

/** Takes a TBSCertList apart; its entries, of which there may be very many, are left unread. */
export function readTbsCrl(der: Uint8Array): TbsCrl {
  const [tbs, ...others] = elementsOf(der)
  if (tbs?.tag !== TAG.sequence || others.length > 0) throw new DerError('TBSCertList is no SEQUENCE')
  const elements = elementsOf(tbs.content)
  const [version, signature, issuer, thisUpdate, ...rest] = elements
  const next = isTime(rest[0]?.tag) ? rest.shift() : undefined
  const revoked = rest[0]?.tag === TAG.sequence ? rest.shift() : undefined
  const [extensions, ...surplus] = rest
  if (surplus.length > 0) throw new DerError('TBSCertList has surplus elements')
  const node = (element: { bytes: Uint8Array } | undefined) => parseDer(element?.bytes ?? new Uint8Array())
  return {
    version: readInteger(node(version), 'the version'),
    signature: expectTag(node(signature), TAG.sequence, 'the signature algorithm'),
    issuer: expectTag(node(issuer), TAG.sequence, 'the issuer'),
    thisUpdate: readTime(node(thisUpdate), 'thisUpdate'),
    nextUpdate: next === undefined ? null : readTime(node(next), 'nextUpdate'),
    timeTags: [thisUpdate?.tag ?? 0, ...(next === undefined ? [] : [next.tag])],
    entries: revoked?.content ?? null,
    extensions: extensions === undefined ? [] : readExtensions(node(extensions)),
  }
}

function readExtensions(node: DerNode): readonly Extension[] {
  const { children } = expectTag(node, EXTENSIONS_TAG, 'the extensions')
  return readSequence(children[0], 'the extensions', 1).map(readExtension)
}

/** [RFC 5280 5.2.3] the number of a CRL; null where it has none. */
export function crlNumber({ extensions }: Pick<TbsCrl, 'extensions'>): bigint | null {
  const found = extensions.find(({ id }) => id === OID.crlNumber)
  if (found === undefined) return null
  const node = parseDer(found.value)
  if (node.content.length > NUMBER_OCTETS_MAX) throw new DerError('the number of the CRL has more than 20 octets')
  return readInteger(node, 'the number of the CRL')
}

/** DER of the TBSCertList, version 2 [RFC 5280 5.1.2]. */
export function encodeTbsCrl(authority: Authority, { number, thisUpdate, nextUpdate, entries }: CrlTemplate): Buffer {
  const extensions = [authority.authorityKeyIdentifier, extension(OID.crlNumber, false, integer(number))]
  return sequence(
    integer(1),
    authority.algorithm.der,
    authority.subject,
    time(thisUpdate),
    time(nextUpdate),
    ...(entries.length === 0 ? [] : [sequence(Buffer.concat(entries))]), // [RFC 5280 5.1.2.6] omitted when empty
    encodeDer(EXTENSIONS_TAG, sequence(...extensions)),
  )
}

export interface ParsedCrl {
  readonly tbs: TbsCrl
  readonly tbsBytes: Uint8Array
  readonly signatureAlgorithm: DerNode
  readonly signature: Uint8Array
}

/** Takes a CRL (DER) apart; throws a DerError when it is not well formed [RFC 5280 5.1.1]. */
export function parseCrl(der: Uint8Array): ParsedCrl {
  const [crl, ...others] = elementsOf(der)
  if (crl?.tag !== TAG.sequence || others.length > 0) throw new DerError('the CRL is no SEQUENCE')
  const [tbs, algorithm, signature, ...surplus] = elementsOf(crl.content)
  if (tbs === undefined || algorithm === undefined || signature === undefined || surplus.length > 0)
    throw new DerError('the CRL has missing or surplus elements')
  return {
    tbs: readTbsCrl(tbs.bytes),
    tbsBytes: tbs.bytes,
    signatureAlgorithm: expectTag(parseDer(algorithm.bytes), TAG.sequence, 'the signature algorithm'),
    signature: readBitString(parseDer(signature.bytes), 'the signature'),
  }
}

/** Whether the CRL bears the name of `issuer` and is signed by its key. */
export function isCrlOf(
  { tbs, tbsBytes, signatureAlgorithm, signature }: ParsedCrl,
  issuer: AuthorityCertificate,
): boolean {
  if (Buffer.compare(tbs.issuer.bytes, issuer.subject) !== 0) return false
  if (Buffer.compare(tbs.signature.bytes, signatureAlgorithm.bytes) !== 0) return false // [RFC 5280 5.1.1.2]
  const { hash } = parseSignatureAlgorithm(signatureAlgorithm)
  return verify(hash, tbsBytes, new X509Certificate(issuer.certificateDer).publicKey, signature)
}
