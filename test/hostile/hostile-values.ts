import { z } from 'zod'
import type { Field } from './schema-walk.js'

export interface Hostile {
  readonly name: string
  readonly value: unknown
}

const TYPES: readonly Hostile[] = [
  { name: 'null', value: null },
  { name: 'true', value: true },
  { name: 'an object', value: {} },
  { name: 'an array', value: [[]] },
  { name: 'a fraction', value: 0.5 },
]

const TEXTS: readonly Hostile[] = [
  { name: 'a lone surrogate', value: 'a\ud800b' },
  { name: 'a lone surrogate at the end', value: 'aaaaaaaaaaaaaaaa\udfff' },
]

/** Values that only fit where the schema says so: the schema is asked. */
const PERHAPS: readonly Hostile[] = [
  { name: 'an empty string', value: '' },
  { name: 'NUL', value: 'alice\0admin' },
  { name: 'a line feed', value: 'alice\nbob' },
  { name: 'a right-to-left override', value: 'al\u202eice' },
  { name: 'markup', value: '<script>alert(1)</script>' },
  { name: 'SQL', value: '\'; DROP TABLE "User"; --' },
  { name: 'a path', value: '../../etc/passwd' },
  { name: 'a format', value: '%s%n{0}%x' },
  { name: 'fullwidth letters', value: '\uff41\uff4c\uff49\uff43\uff45' },
  { name: 'base64url that does not re-encode to itself', value: `${'A'.repeat(42)}B` },
  { name: 'base64url with padding', value: `${'A'.repeat(43)}=` },
  { name: 'a long string', value: 'x'.repeat(300_000) },
  { name: 'a huge number', value: Number.MAX_SAFE_INTEGER },
  { name: 'a negative number', value: -1 },
  { name: 'a number beyond integers', value: 1e308 },
  { name: 'a number as text', value: '1' },
]

/** Those that are text; short of a lone surrogate, which UTF-8 cannot hold. */
export function hostileTexts(): readonly { readonly name: string; readonly value: string }[] {
  return PERHAPS.flatMap(({ name, value }) => (typeof value === 'string' ? [{ name, value }] : []))
}

/** What no field of this kind may take, and what it may take only if its schema says so. */
export function hostileValues({ schema, isOptional }: Field): {
  readonly never: readonly Hostile[]
  readonly perhaps: readonly Hostile[]
} {
  const isObject = schema instanceof z.ZodObject || schema instanceof z.ZodUnion
  const never = TYPES.filter(
    ({ name }) => !(isObject && name === 'an object') && !(schema instanceof z.ZodArray && name === 'an array'),
  )
  const missing = isOptional ? [] : [{ name: 'nothing', value: undefined }]
  return { never: [...never, ...TEXTS, ...missing], perhaps: PERHAPS }
}
