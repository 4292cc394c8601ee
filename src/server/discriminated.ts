import type { OpenAPIV3 } from 'openapi-types'

type Schemas = Readonly<Record<string, OpenAPIV3.SchemaObject>>

const TYPE = 'type'

/** Tells generators which schema an object of a union has, by the one value that its `type` may have. */
export function discriminated(schemas: Schemas): Record<string, OpenAPIV3.SchemaObject> {
  return Object.fromEntries(
    Object.entries(schemas).map(([name, schema]) => {
      const mapping = mappingOf(schema, schemas)
      return [name, mapping === null ? schema : { ...schema, discriminator: { propertyName: TYPE, mapping } }]
    }),
  )
}

function mappingOf({ oneOf = [] }: OpenAPIV3.SchemaObject, schemas: Schemas): Record<string, string> | null {
  const entries = oneOf.flatMap((choice): [string, string][] => {
    if (!('$ref' in choice)) return []
    const type = schemas[choice.$ref.slice(choice.$ref.lastIndexOf('/') + 1)]?.properties?.[TYPE]
    return type !== undefined && 'enum' in type && type.enum?.length === 1 ? [[String(type.enum[0]), choice.$ref]] : []
  })
  return entries.length > 0 && entries.length === oneOf.length ? Object.fromEntries(entries) : null
}
