import type { FastifyInstance } from 'fastify'
import type { OpenAPIV3 } from 'openapi-types'
import { discriminated } from './discriminated.js'
import { SECURITY_SCHEMES } from './http/swagger.js'
import { mergedPaths } from './merged-paths.js'

type Json = Readonly<Record<string, unknown>>

interface Listener {
  readonly app: FastifyInstance
  readonly server: OpenAPIV3.ServerObject
  /** OpenAPI 3.0 has no scheme for client certificates: the extension tells. */
  readonly isMutualTls: boolean
}

const INFO: OpenAPIV3.InfoObject = {
  title: 'Hermes',
  version: '1.0.0',
  license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
  description: `X.509 identities, and a conversation hub that need not be trusted with words.

Two listeners: the identity service (TLS, no client certificate) and the hub (TLS 1.3, client certificate required).
Each operation names its own under \`servers\`. Every answer of 400 and above is a problem document (RFC 9457),
whose codes [/docs/errors](/docs/errors) explains.
The hub speaks the same operations as JSON-RPC 2.0 over a WebSocket at \`/hub\`: asyncapi.yaml, to be read at
[/docs/asyncapi](/docs/asyncapi).`,
}

/** Only OCSP has one. */
const WILDCARD = 'request'

/**
 * The one document of both listeners, from apps that are ready. `servers` stand on operations, since generators
 * look for them there; answers may grow, so their schemas admit what they do not name.
 */
export function openApiDocument(listeners: readonly Listener[]): OpenAPIV3.Document {
  const documents = listeners.map((listener) => ({ listener, document: listener.app.swagger() as OpenAPIV3.Document }))
  const paths = mergedPaths(documents.map(({ document, listener }) => pathsOf(document, listener)))
  const schemas = Object.assign({}, ...documents.map(({ document }) => document.components?.schemas)) as Json
  return {
    openapi: '3.0.3',
    info: INFO,
    servers: listeners.map(({ server }) => server),
    tags: tagsOf(documents.flatMap(({ document }) => document.tags ?? [])),
    paths,
    components: { securitySchemes: SECURITY_SCHEMES, schemas: usedSchemas(paths, schemas) },
  }
}

function tagsOf(tags: readonly OpenAPIV3.TagObject[]): OpenAPIV3.TagObject[] {
  return [...new Map(tags.map((tag) => [tag.name, tag])).values()]
}

function pathsOf({ paths }: OpenAPIV3.Document, { server, isMutualTls }: Listener): OpenAPIV3.PathsObject {
  const common = { servers: [server], ...(isMutualTls && { 'x-mutual-tls': true }) }
  const entries = Object.entries(paths).map(([path, item]) => {
    const operations = Object.entries(item ?? {}).map(([method, operation]) => {
      const { responses, parameters, ...rest } = operation as OpenAPIV3.OperationObject
      const named = parameters && { parameters: parameters.map(nameWildcard) }
      return [method, { security: [], ...rest, ...named, ...common, responses: loosened(responses) }]
    })
    return [path.replace('{*}', `{${WILDCARD}}`), Object.fromEntries(operations)]
  })
  return Object.fromEntries(entries)
}

type Parameter = OpenAPIV3.ReferenceObject | OpenAPIV3.ParameterObject

/** What the router calls `*`, the rest of the path, has a name for readers. */
function nameWildcard(parameter: Parameter): Parameter {
  return 'name' in parameter && parameter.name === '*' ? { ...parameter, name: WILDCARD } : parameter
}

/** Answers may grow: a client that meets a member it does not know goes on. */
export function loosened(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(loosened)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).filter(([key, inner]) => key !== 'additionalProperties' || inner !== false)
  return Object.fromEntries(entries.map(([key, inner]) => [key, loosened(inner)]))
}

/** The provider emits each schema twice, as input and as output: what nothing refers to goes. */
function usedSchemas(paths: unknown, schemas: Json): Record<string, OpenAPIV3.SchemaObject> {
  const used = new Set<string>()
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return
    for (const [key, inner] of Object.entries(value)) {
      if (key === '$ref' && typeof inner === 'string') visitName(inner.slice(inner.lastIndexOf('/') + 1))
      else visit(inner)
    }
  }
  const visitName = (name: string): void => {
    if (used.has(name)) return
    used.add(name)
    visit(schemas[name])
  }
  visit(paths)
  const entries = Object.entries(schemas)
    .filter(([name]) => used.has(name))
    .sort(([a], [b]) => (a < b ? -1 : 1))
  const answers = entries.map(([name, schema]) => [name, name.endsWith('Input') ? schema : loosened(schema)])
  return discriminated(Object.fromEntries(answers) as Record<string, OpenAPIV3.SchemaObject>)
}
