import { z } from 'zod'
import { loosened } from '../openapi.js'
import type { Schemas } from './schema.js'

interface JsonSchemas {
  /** Of each root that was given, by its name. */
  readonly roots: Schemas
  /** Those with an id, which the roots and each other refer to. */
  readonly named: Schemas
}

/** JSON Schema, draft 7, of what clients write (`input`: nothing else is taken) or read (`output`: may grow). */
export function jsonSchemas(roots: Readonly<Record<string, z.ZodType>>, io: 'input' | 'output'): JsonSchemas {
  const { properties, definitions = {} } = z.toJSONSchema(z.object(roots), {
    target: 'draft-7',
    io,
    override: annotate,
  })
  const written = JSON.stringify({ roots: properties, named: definitions })
  const schemas = JSON.parse(written.replaceAll('"#/definitions/', '"#/components/schemas/')) as JsonSchemas
  return io === 'input' ? schemas : (loosened(schemas) as JsonSchemas)
}

/** OpenAPI 3.0 has one `example`, JSON Schema a list [draft 7 validation 10.4]. */
function annotate({ jsonSchema }: { readonly jsonSchema: Record<string, unknown> }): void {
  if (!('example' in jsonSchema)) return
  jsonSchema.examples = [jsonSchema.example]
  delete jsonSchema.example
}
