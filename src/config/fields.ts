import { availableParallelism } from 'node:os'
import { z } from 'zod'

export const text = z.string().min(1, 'must not be empty')
export const list = z
  .string()
  .transform((value) =>
    value
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== ''),
  )
  .readonly()
export const port = integer(0, 65_535)

export function integer(min: number, max: number) {
  const range = `must be a whole number from ${min} to ${max}`
  return z
    .string()
    .regex(/^\d{1,15}$/, range)
    .transform(Number)
    .refine((n) => n >= min && n <= max, range)
}

/** Of what one user may have or do; 0 = no limit. */
export const limit = integer(0, 1_000_000)

const WORKERS_MAX = 64

/** `cores`, or a number of threads. */
export const workers = z
  .string()
  .regex(/^(cores|[1-9]|[1-5]\d|6[0-4])$/, `must be cores or a whole number from 1 to ${WORKERS_MAX}`)
  .transform((value) => (value === 'cores' ? Math.min(availableParallelism(), WORKERS_MAX) : Number(value)))

export const network = z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()]).refine((text) => !text.endsWith('/0'))

export function url(...protocols: string[]) {
  const rule = `must be a URL that begins with ${protocols.join(' or ')}`
  return z.string().refine((value) => URL.canParse(value) && protocols.includes(`${new URL(value).protocol}//`), rule)
}

/** A value that may hold URLs, as it may be shown. */
export function withoutPassword(value: string): string {
  return value.replaceAll(/\/\/[^@]*@/g, '//…@')
}

export interface Variable<T extends z.ZodType> {
  readonly schema: T
  /** As it would be written in the environment; null for a variable that is off unless it is set. */
  readonly byDefault: string | null
  readonly description: string
}

export function variable<T extends z.ZodType>(schema: T, byDefault: string, description: string): Variable<T>
export function variable<T extends z.ZodType>(
  schema: T,
  byDefault: null,
  description: string,
): Variable<z.ZodNullable<T>>
export function variable(schema: z.ZodType, byDefault: string | null, description: string): Variable<z.ZodType> {
  return { schema, byDefault, description }
}
