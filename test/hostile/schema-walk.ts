import { z } from 'zod'

/** The schema behind optional and default. */
function inner(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault) return inner(schema.unwrap() as z.ZodType)
  return schema
}

/** A value that fits, made of the examples that stand on the fields. */
export function sampleOf(schema: z.ZodType): unknown {
  const bare = inner(schema)
  const example = schema.meta()?.example ?? bare.meta()?.example
  if (example !== undefined) return example
  if (bare instanceof z.ZodObject)
    return Object.fromEntries(Object.entries(bare.shape).map(([name, field]) => [name, sampleOf(field as z.ZodType)]))
  if (bare instanceof z.ZodArray) return [sampleOf(bare.element as z.ZodType)]
  if (bare instanceof z.ZodUnion) return sampleOf(bare.options[0] as z.ZodType)
  throw new Error(`no example for a ${bare.def.type}`)
}

export interface Field {
  /** As in `participants.0.username`. */
  readonly path: readonly string[]
  readonly schema: z.ZodType
  readonly isOptional: boolean
  /** A whole value that fits, in which this field stands. */
  readonly sample: unknown
}

/** Every field of a schema, those inside others included. A new field is found by itself. */
export function fieldsOf(schema: z.ZodType): readonly Field[] {
  const bare = inner(schema)
  if (bare instanceof z.ZodUnion) return bare.options.flatMap((option) => fieldsOf(option as z.ZodType))
  if (bare instanceof z.ZodArray) return nested(fieldsOf(bare.element as z.ZodType), '0', (value) => [value])
  if (!(bare instanceof z.ZodObject)) return []
  const whole = sampleOf(bare) as Record<string, unknown>
  return Object.entries(bare.shape as Record<string, z.ZodType>).flatMap(([name, field]) => [
    { path: [name], schema: inner(field), isOptional: field.safeParse(undefined).success, sample: whole },
    ...nested(fieldsOf(field), name, (value) => ({ ...whole, [name]: value })),
  ])
}

function nested(fields: readonly Field[], name: string, wrap: (value: unknown) => unknown): readonly Field[] {
  return fields.map((field) => ({ ...field, path: [name, ...field.path], sample: wrap(field.sample) }))
}

/** A deep copy of `value` with another value at `path`; `undefined` removes it. */
export function withValue(value: unknown, path: readonly string[], replacement: unknown): unknown {
  const copy = structuredClone(value)
  const last = path.at(-1) ?? ''
  const parent = path.slice(0, -1).reduce((node, name) => (node as Record<string, unknown>)[name], copy) as Record<
    string,
    unknown
  >
  if (replacement === undefined) delete parent[last]
  else Object.defineProperty(parent, last, { value: replacement, enumerable: true, configurable: true, writable: true })
  return copy
}
