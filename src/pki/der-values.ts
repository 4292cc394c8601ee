import { DerError, type DerNode, TAG } from './der.js'

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** `node` if it is there and has `tag`; `what` names it in the error. */
export function expectTag(node: DerNode | undefined, tag: number, what: string): DerNode {
  if (node === undefined) throw new DerError(`${what} is missing`)
  if (node.tag !== tag) throw new DerError(`${what} has another type than its definition`)
  return node
}

/** The elements of a SEQUENCE, of which there must be `min` to `max`. */
export function readSequence(node: DerNode | undefined, what: string, min = 0, max = Infinity): readonly DerNode[] {
  const { children } = expectTag(node, TAG.sequence, what)
  if (children.length < min || children.length > max) throw new DerError(`${what} has missing or surplus elements`)
  return children
}

/** The longest that registries know have half of these; without a bound its digits would fill a refusal. */
const OID_OCTETS_MAX = 64

/** An OBJECT IDENTIFIER in dotted form. */
export function readOid(node: DerNode | undefined, what: string): string {
  const { content } = expectTag(node, TAG.oid, what)
  if (content.length > OID_OCTETS_MAX) throw new DerError(`${what} has a name of more than ${OID_OCTETS_MAX} octets`)
  const arcs: bigint[] = []
  let arc = 0n
  for (const octet of content) {
    arc = (arc << 7n) | BigInt(octet & 0x7f)
    if (octet >= 0x80) continue
    arcs.push(arc)
    arc = 0n
  }
  const [head = 0n, ...rest] = arcs
  const first = head < 40n ? 0n : head < 80n ? 1n : 2n
  return [first, head - first * 40n, ...rest].join('.')
}

export function readInteger(node: DerNode | undefined, what: string): bigint {
  const { content } = expectTag(node, TAG.integer, what)
  const unsigned = BigInt(`0x${Buffer.from(content).toString('hex')}`)
  return (content[0] ?? 0) >= 0x80 ? unsigned - (1n << BigInt(content.length * 8)) : unsigned
}

/** The octets of a BIT STRING of whole octets. */
export function readBitString(node: DerNode | undefined, what: string): Uint8Array {
  const { content } = expectTag(node, TAG.bitString, what)
  if (content[0] !== 0) throw new DerError(`${what} is not of whole octets`)
  return content.subarray(1)
}

export function readOctetString(node: DerNode | undefined, what: string): Uint8Array {
  return expectTag(node, TAG.octetString, what).content
}

/** Text of a UTF8String, PrintableString or IA5String; undefined for any other type or malformed text. */
export function readText(node: DerNode | undefined): string | undefined {
  if (node === undefined) return undefined
  if (node.tag !== TAG.utf8String && node.tag !== TAG.printableString && node.tag !== TAG.ia5String) return undefined
  try {
    return utf8.decode(node.content)
  } catch {
    return undefined
  }
}

const UTC_TIME = /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/
const GENERALIZED_TIME = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/

/** A Time with seconds, in UTC [RFC 5280 4.1.2.5]. */
export function readTime(node: DerNode | undefined, what: string): Date {
  const isUtc = node?.tag === TAG.utcTime
  const text = Buffer.from(expectTag(node, isUtc ? TAG.utcTime : TAG.generalizedTime, what).content).toString('latin1')
  const parts = (isUtc ? UTC_TIME : GENERALIZED_TIME).exec(text)
  if (parts === null) throw new DerError(`${what} is not in UTC with seconds`)
  const [year = 0, month = 0, day = 0, hours = 0, minutes = 0, seconds = 0] = parts.slice(1).map(Number)
  const century = isUtc ? (year < 50 ? 2000 : 1900) : 0
  const time = new Date(Date.UTC(century + year, month - 1, day, hours, minutes, seconds))
  if (time.getUTCDate() !== day || time.getUTCHours() !== hours || time.getUTCMonth() !== month - 1)
    throw new DerError(`${what} is no date`)
  return time
}
