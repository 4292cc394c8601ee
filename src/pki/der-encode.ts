import { TAG } from './der.js'

function encodeLength(length: number): readonly number[] {
  if (length < 0x80) return [length]
  const octets: number[] = []
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest & 0xff)
  return [0x80 | octets.length, ...octets]
}

/** The DER element with this tag and content [X.690 10.1]. */
export function encodeDer(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const length = contents.reduce((sum, content) => sum + content.length, 0)
  const header = [tag, ...encodeLength(length)]
  const bytes = Buffer.allocUnsafe(header.length + length)
  bytes.set(header)
  let offset = header.length
  for (const content of contents) {
    bytes.set(content, offset)
    offset += content.length
  }
  return bytes
}

export const sequence = (...elements: readonly Uint8Array[]): Buffer => encodeDer(TAG.sequence, ...elements)

export const set = (...elements: readonly Uint8Array[]): Buffer => encodeDer(TAG.set, ...elements)

export const octetString = (bytes: Uint8Array): Buffer => encodeDer(TAG.octetString, bytes)

/** A BIT STRING of whole octets. */
export const bitString = (bytes: Uint8Array): Buffer => encodeDer(TAG.bitString, Uint8Array.of(0), bytes)

export const utf8String = (text: string): Buffer => encodeDer(TAG.utf8String, Buffer.from(text))

export const derNull = (): Buffer => encodeDer(TAG.null)

/** A non-negative INTEGER. */
export function integer(value: number): Buffer {
  const hex = value.toString(16)
  return unsignedInteger(Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex'))
}

/** The INTEGER whose magnitude is `bytes`, big-endian, without leading zeros. */
export function unsignedInteger(bytes: Uint8Array): Buffer {
  const isNegative = (bytes[0] ?? 0) >= 0x80
  return isNegative ? encodeDer(TAG.integer, Uint8Array.of(0), bytes) : encodeDer(TAG.integer, bytes)
}

/** An ENUMERATED of one octet. */
export const enumerated = (value: number): Buffer => encodeDer(TAG.enumerated, Uint8Array.of(value))

function encodeArc(arc: number): readonly number[] {
  const octets = [arc % 128]
  for (let rest = Math.floor(arc / 128); rest > 0; rest = Math.floor(rest / 128)) octets.unshift(0x80 | (rest % 128))
  return octets
}

/** The OBJECT IDENTIFIER with this dotted form. */
export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  return encodeDer(TAG.oid, Uint8Array.from([first * 40 + second, ...rest].flatMap(encodeArc)))
}

/** Whole seconds, in UTC. */
const timeText = (date: Date): string => `${date.toISOString().slice(0, 19).replace(/[-:T]/g, '')}Z`

/** Whole seconds, without a fraction [RFC 5280 4.1.2.5.2]. */
export const generalizedTime = (date: Date): Buffer => encodeDer(TAG.generalizedTime, Buffer.from(timeText(date)))

/** UTCTime to the end of 2049, GeneralizedTime from 2050, whole seconds [RFC 5280 4.1.2.5]. */
export function time(date: Date): Buffer {
  if (date.getUTCFullYear() >= 2050) return generalizedTime(date)
  return encodeDer(TAG.utcTime, Buffer.from(timeText(date).slice(2)))
}
