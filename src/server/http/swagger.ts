import swagger, { type FastifyDynamicSwaggerOptions } from '@fastify/swagger'
import fp from 'fastify-plugin'
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod'
import type { OpenAPIV3 } from 'openapi-types'

export interface SwaggerOptions {
  readonly title: string
  readonly version: string
  readonly description: string
  readonly servers: readonly OpenAPIV3.ServerObject[]
  readonly tags: readonly OpenAPIV3.TagObject[]
}

/** What a route may name in its `security`; the others ask for nothing in HTTP. */
export const SECURITY_SCHEMES = { basic: { type: 'http', scheme: 'basic' } } as const

type Transform = NonNullable<FastifyDynamicSwaggerOptions['transform']>
type Responses = Record<string, Record<string, unknown> & { content?: Record<string, Record<string, unknown>> }>

/** The provider turns a response into description and schemas; this puts headers and examples back. */
const transform: Transform = (route) => {
  const transformed = jsonSchemaTransform(route)
  const given = (route.schema?.response ?? {}) as Responses
  const made = (transformed.schema?.response ?? {}) as Responses
  for (const [status, response] of Object.entries(made)) keepAnnotations(given[status], response)
  return transformed
}

function keepAnnotations(given: Responses[string] | undefined, made: Responses[string]): void {
  if (given?.content === undefined) return
  if (given.headers !== undefined) made.headers = given.headers
  for (const [mediaType, { example }] of Object.entries(given.content)) {
    const media = made.content?.[mediaType]
    if (media !== undefined && example !== undefined) media.example = example
  }
}

/** Registers @fastify/swagger for OpenAPI 3.0.3 over zod schemas; before any route. */
export default fp<SwaggerOptions>(
  async (app, { title, version, description, servers, tags }) => {
    await app.register(swagger, {
      openapi: {
        openapi: '3.0.3',
        info: { title, version, description },
        servers: [...servers],
        tags: [...tags],
        components: { securitySchemes: { ...SECURITY_SCHEMES } },
      },
      transform,
      transformObject: jsonSchemaTransformObject,
    })
  },
  { name: 'hermes-swagger', fastify: '5.x' },
)
