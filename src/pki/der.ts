/** One element of a DER encoding; `bytes` with its header, `content` without. */
export interface DerNode {
  readonly tag: number
  readonly bytes: Uint8Array
  readonly content: Uint8Array
  /** Empty unless the element is constructed. */
  readonly children: readonly DerNode[]
}

/** The bytes are not DER, or not of the expected shape; the message says where. */
export class DerError extends Error {
  override readonly name = 'DerError'
}

export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  enumerated: 0x0a,
  utf8String: 0x0c,
  printableString: 0x13,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const

const CONSTRUCTED = 0x20
const DEPTH_MAX = 24

interface Header {
  readonly tag: number
  readonly start: number
  readonly end: number
}

/** [X.690 10.1] definite lengths, in as few octets as possible. */
function readLength(bytes: Uint8Array, offset: number): { length: number; next: number } {
  const first = bytes[offset]
  if (first === undefined) throw new DerError('it ends within a header')
  if (first < 0x80) return { length: first, next: offset + 1 }
  const count = first & 0x7f
  if (count === 0 || count > 4) throw new DerError('a length is indefinite or too long')
  let length = 0
  for (let i = 1; i <= count; i++) length = length * 256 + (bytes[offset + i] ?? 0)
  if (offset + count >= bytes.length) throw new DerError('it ends within a header')
  if (length < 0x80 || length < 256 ** (count - 1))
    throw new DerError('a length is not encoded in as few octets as possible')
  return { length, next: offset + 1 + count }
}

function readHeader(bytes: Uint8Array, offset: number): Header {
  const tag = bytes[offset]
  if (tag === undefined) throw new DerError('it is empty')
  if ((tag & 0x1f) === 0x1f) throw new DerError('a tag has more than one octet')
  const { length, next } = readLength(bytes, offset + 1)
  if (next + length > bytes.length) throw new DerError('an element is longer than what holds it')
  return { tag, start: next, end: next + length }
}

function checkInteger(content: Uint8Array): void {
  const [first, second = 0] = content
  if (first === undefined) throw new DerError('an INTEGER is empty')
  if (content.length > 1 && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80)))
    throw new DerError('an INTEGER is not encoded in as few octets as possible')
}

function checkBoolean(content: Uint8Array): void {
  if (content.length !== 1 || (content[0] !== 0 && content[0] !== 0xff))
    throw new DerError('a BOOLEAN is neither 00 nor FF')
}

function checkBitString(content: Uint8Array): void {
  const [unused] = content
  if (unused === undefined || unused > 7 || (unused > 0 && content.length === 1))
    throw new DerError('a BIT STRING is malformed')
  const padding = (content.at(-1) ?? 0) & ((1 << unused) - 1)
  if (unused > 0 && padding !== 0) throw new DerError('the unused bits of a BIT STRING are not zero')
}

function checkNull(content: Uint8Array): void {
  if (content.length > 0) throw new DerError('a NULL is not empty')
}

function checkOid(content: Uint8Array): void {
  if (content.length === 0 || (content.at(-1) ?? 0) >= 0x80) throw new DerError('an OBJECT IDENTIFIER is malformed')
  for (let i = 0; i < content.length; i++) {
    const starts = i === 0 || (content[i - 1] ?? 0) < 0x80
    if (starts && content[i] === 0x80)
      throw new DerError('an OBJECT IDENTIFIER is not encoded in as few octets as possible')
  }
}

/** [X.690 8 and 11] what DER asks of primitive values. */
const PRIMITIVE: Readonly<Record<number, (content: Uint8Array) => void>> = {
  [TAG.boolean]: checkBoolean,
  [TAG.integer]: checkInteger,
  [TAG.enumerated]: checkInteger,
  [TAG.bitString]: checkBitString,
  [TAG.null]: checkNull,
  [TAG.oid]: checkOid,
}

/** [X.690 10.2] strings are primitive; only SEQUENCE and SET are constructed among the universal types. */
function checkForm(tag: number): void {
  if (tag >= 0x40) return
  const isConstructed = (tag & CONSTRUCTED) !== 0
  const mustBe = tag === TAG.sequence || tag === TAG.set || tag === 0x10 || tag === 0x11
  if (tag === 0 || isConstructed !== mustBe || tag === 0x10 || tag === 0x11)
    throw new DerError('an element is constructed where DER has it primitive, or the reverse')
}

function readNode(bytes: Uint8Array, offset: number, depth: number): DerNode {
  if (depth > DEPTH_MAX) throw new DerError('it is nested too deeply')
  const { tag, start, end } = readHeader(bytes, offset)
  checkForm(tag)
  const content = bytes.subarray(start, end)
  const children = (tag & CONSTRUCTED) === 0 ? [] : readAll(content, depth + 1)
  PRIMITIVE[tag]?.(content)
  return { tag, bytes: bytes.subarray(offset, end), content, children }
}

function readAll(bytes: Uint8Array, depth: number): readonly DerNode[] {
  const nodes: DerNode[] = []
  for (let offset = 0; offset < bytes.length; ) {
    const node = readNode(bytes, offset, depth)
    nodes.push(node)
    offset += node.bytes.length
  }
  return nodes
}

/** The elements that follow one another in `bytes`, whose own content is left unread: for what has very many. */
export function elementsOf(bytes: Uint8Array): readonly Omit<DerNode, 'children'>[] {
  const elements: Omit<DerNode, 'children'>[] = []
  for (let offset = 0; offset < bytes.length; ) {
    const { tag, start, end } = readHeader(bytes, offset)
    elements.push({ tag, bytes: bytes.subarray(offset, end), content: bytes.subarray(start, end) })
    offset = end
  }
  return elements
}

/**
 * The one element in `bytes`. Strict: what DER does not allow (BER's other lengths, padding, trailing bytes)
 * throws a DerError [X.690 10, 11]. The order within a SET OF is not checked.
 */
export function parseDer(bytes: Uint8Array): DerNode {
  const node = readNode(bytes, 0, 0)
  if (node.bytes.length !== bytes.length) throw new DerError('there are bytes behind its end')
  return node
}
