import { readFile } from 'node:fs/promises'
import type { OpenAPIV3 } from 'openapi-types'
import t from 'tap'
import { generateOpenApi } from '../../src/server/generate-openapi.js'
import { DOCUMENT } from '../support/conformance.js'

type Operation = OpenAPIV3.OperationObject
const METHODS = new Set(['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'])

const operations = Object.entries(DOCUMENT.paths).flatMap(([path, item]) =>
  Object.entries(item ?? {}).map(([method, operation]) => ({ path, method, operation: operation as Operation })),
)
const schemas = (DOCUMENT.components?.schemas ?? {}) as Readonly<Record<string, Schema>>

interface Schema {
  readonly $ref?: string
  readonly type?: string
  readonly format?: string
  readonly enum?: readonly unknown[]
  readonly example?: unknown
  readonly default?: unknown
  readonly properties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
  readonly oneOf?: readonly Schema[]
  readonly anyOf?: readonly Schema[]
  readonly allOf?: readonly Schema[]
}

t.test('openapi.yaml is what the routes say', async (t) => {
  const text = await readFile(new URL('../../openapi.yaml', import.meta.url), 'utf8')
  t.ok(text === (await generateOpenApi()), 'openapi.yaml differs from the routes: run npm run docs')
})

t.test('it is OpenAPI 3.0.3, and hangs together', async (t) => {
  t.equal(DOCUMENT.openapi, '3.0.3')
  t.ok(DOCUMENT.info.title && DOCUMENT.info.version)
  for (const { path, method, operation } of operations) {
    t.ok(METHODS.has(method), `${method} ${path}`)
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map((found) => found[1])
    const parameters = (operation.parameters ?? []) as OpenAPIV3.ParameterObject[]
    const declared = parameters.filter((parameter) => parameter.in === 'path')
    t.same(new Set(declared.map(({ name }) => name)), new Set(inPath), `${path}: parameters of the path`)
    t.ok(declared.every(({ required }) => required))
    t.equal(new Set(parameters.map(({ name, in: where }) => `${where} ${name}`)).size, parameters.length)
  }
  const references = [...JSON.stringify(DOCUMENT).matchAll(/"\$ref":"([^"]+)"/g)].map((found) => found[1] ?? '')
  for (const reference of new Set(references)) {
    const name = reference.replace('#/components/schemas/', '')
    t.ok(schemas[name], reference)
  }
  const unsaid = (DOCUMENT.tags ?? []).map(({ name }) => name)
  const tags = new Set(operations.flatMap(({ operation }) => operation.tags ?? []))
  t.same(
    [...tags].filter((tag) => !unsaid.includes(tag)),
    [],
    'every tag is described',
  )
})

t.test('every operation is named, described, and says how it may fail', async (t) => {
  const ids = operations.map(({ operation }) => operation.operationId)
  t.equal(new Set(ids).size, ids.length, 'an operationId is unique')
  for (const { path, method, operation } of operations) {
    const what = `${method} ${path}`
    t.match(operation.operationId, /^[a-z][A-Za-z]+$/, what)
    t.ok(operation.summary, `${what}: summary`)
    t.ok(operation.description, `${what}: description`)
    t.ok(operation.tags?.length, `${what}: tags`)
    t.ok(operation.servers?.length, `${what}: the listener, or both`)
    const failures = Object.entries(operation.responses).filter(([status]) => Number(status) >= 400)
    const statuses = failures.map(([status]) => status)
    for (const status of ['400', '500', '503']) t.ok(statuses.includes(status), `${what}: ${status}`)
    if ('x-mutual-tls' in operation) t.ok(statuses.includes('403'), `${what}: 403`)
    for (const [status, response] of failures) {
      const { content, description } = response as OpenAPIV3.ResponseObject
      t.same(Object.keys(content ?? {}), ['application/problem+json'], `${what} ${status}`)
      t.match(
        content?.['application/problem+json']?.example,
        { status: Number(status), code: String },
        `${what} ${status}`,
      )
      t.match(description, /`[a-z_]+`/)
    }
    const successes = Object.keys(operation.responses).filter((status) => Number(status) < 400)
    t.ok(successes.length > 0, `${what}: a success`)
  }
})

function follow(schema: Schema): Schema {
  if (schema.$ref === undefined) return schema
  return schemas[schema.$ref.replace('#/components/schemas/', '')] ?? {}
}

/** Paths to values that no example shows: those of an object or a list are shown by their parts. */
function withoutExample(schema: Schema, path: string, seen: ReadonlySet<Schema> = new Set()): readonly string[] {
  const whole = follow(schema)
  if (whole.example !== undefined || whole.enum !== undefined || whole.default !== undefined) return []
  if (whole.type === 'boolean' || whole.format === 'binary' || seen.has(whole)) return []
  const within = new Set([...seen, whole])
  const properties = Object.entries(whole.properties ?? {})
  const alternatives = [...(whole.oneOf ?? []), ...(whole.anyOf ?? []), ...(whole.allOf ?? [])]
  if (whole.items) return withoutExample(whole.items, `${path}[]`, within)
  if (properties.length > 0)
    return properties.flatMap(([name, inner]) => withoutExample(inner, `${path}.${name}`, within))
  if (alternatives.length > 0) return alternatives.flatMap((inner) => withoutExample(inner, path, within))
  return whole.type === 'object' ? [] : [path]
}

t.test('every parameter and property has an example', async (t) => {
  for (const { path, method, operation } of operations) {
    const what = `${method} ${path}`
    const parameters = (operation.parameters ?? []) as OpenAPIV3.ParameterObject[]
    for (const { name, schema, example } of parameters)
      t.same(example === undefined ? withoutExample(schema as Schema, name) : [], [], `${what}: ${name}`)
    const bodies = [operation.requestBody, ...Object.values(operation.responses)] as OpenAPIV3.ResponseObject[]
    for (const { schema, example, examples } of bodies.flatMap((body) => Object.values(body?.content ?? {}))) {
      if (example !== undefined || examples !== undefined || !schema) continue
      t.same(withoutExample(schema, 'body'), [], what)
    }
  }
  for (const [name, schema] of Object.entries(schemas)) t.same(withoutExample(schema, name), [], name)
})
