import { resolved, type Schema, type Schemas } from './schema.js'

/** A value that fits, put together from the examples of its parts; what need not be there is not. */
export function exampleOf(given: Schema, schemas: Schemas): unknown {
  const schema = resolved(given, schemas)
  if (schema.examples) return schema.examples[0]
  if (schema.const !== undefined) return schema.const
  if (schema.enum) return schema.enum[0]
  const [first] = schema.oneOf ?? schema.anyOf ?? []
  if (first) return exampleOf(first, schemas)
  if (schema.items) return [exampleOf(schema.items, schemas)]
  if (schema.type === 'object') return objectExample(schema, schemas)
  if (schema.type === 'boolean') return false
  return schema.type === 'string' ? 'x' : (schema.minimum ?? 0)
}

function objectExample(
  { properties = {}, required = [] }: Schema,
  schemas: Schemas,
): Readonly<Record<string, unknown>> {
  const present = Object.entries(properties).filter(([name]) => required.includes(name))
  return Object.fromEntries(present.map(([name, inner]) => [name, exampleOf(inner, schemas)]))
}
