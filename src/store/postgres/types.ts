import { types } from 'pg'

const BYTEA = 17
const INT8 = 20
const TIMESTAMPTZ = 1184

type Parser = (text: string) => unknown

const PARSERS: ReadonlyMap<number, Parser> = new Map<number, Parser>([
  [BYTEA, toBytes],
  [INT8, toNumber],
  [TIMESTAMPTZ, toMilliseconds],
])

/** How values come back: as they do from SQLite. */
export const TYPES = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') =>
    (format === 'binary' ? undefined : PARSERS.get(oid)) ?? types.getTypeParser(oid, format),
}

/** `\x` and hex digits. */
function toBytes(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text.slice(2), 'hex'))
}

function toNumber(text: string): number {
  const number = Number(text)
  if (Number.isSafeInteger(number)) return number
  throw new RangeError(`${text} is beyond what a number holds`)
}

/** `2027-01-02 03:04:05.678+00`, the zone with minutes where it has some. */
function toMilliseconds(text: string): number {
  return Date.parse(`${text.replace(' ', 'T').replace(/([+-]\d\d)$/, '$1:00')}`)
}
