import type { OpenAPIV3 } from 'openapi-types'

type Operation = OpenAPIV3.OperationObject
type Content = Readonly<Record<string, OpenAPIV3.MediaTypeObject>>

/** Paths of several listeners as one: an operation that two of them have stands once, with both as its servers. */
export function mergedPaths(all: readonly OpenAPIV3.PathsObject[]): OpenAPIV3.PathsObject {
  const merged: Record<string, Record<string, Operation>> = {}
  for (const paths of all)
    for (const [path, item] of Object.entries(paths)) {
      const operations = merged[path] ?? {}
      for (const [method, operation] of Object.entries(item ?? {}) as [string, Operation][])
        operations[method] = operations[method] ? mergedOperation(operations[method], operation) : operation
      merged[path] = operations
    }
  return merged
}

/** Name and summary are the first's. Which listener asks for a client certificate its server says. */
function mergedOperation(first: Operation, second: Operation): Operation {
  const { 'x-mutual-tls': _, ...rest } = { ...second, ...first } as Operation & { readonly 'x-mutual-tls'?: boolean }
  return {
    ...rest,
    description: `${first.description ?? ''} ${second.description ?? ''}`,
    parameters: [...(first.parameters ?? []), ...(second.parameters ?? [])],
    requestBody: mergedBody(first.requestBody, second.requestBody),
    responses: mergedResponses(first.responses, second.responses),
    servers: [...(first.servers ?? []), ...(second.servers ?? [])],
  }
}

function mergedBody(first: Operation['requestBody'], second: Operation['requestBody']): OpenAPIV3.RequestBodyObject {
  const [a, b] = [contentOf(first), contentOf(second)]
  const content: Record<string, OpenAPIV3.MediaTypeObject> = {}
  for (const type of new Set([...Object.keys(a), ...Object.keys(b)])) {
    const schemas = [a[type]?.schema, b[type]?.schema].filter((schema) => schema !== undefined)
    const [schema = {}, ...others] = schemas
    content[type] = { schema: others.length === 0 ? schema : { anyOf: schemas } }
  }
  return { required: true, content }
}

function contentOf(body: Operation['requestBody']): Content {
  return body !== undefined && 'content' in body ? body.content : {}
}

function mergedResponses(first: Operation['responses'], second: Operation['responses']): Operation['responses'] {
  const responses = { ...second, ...first }
  for (const [status, response] of Object.entries(responses)) {
    const other = second[status]
    if (other === undefined || response === other || !('description' in response && 'description' in other)) continue
    const sentences = new Set([...response.description.split('\n\n'), ...other.description.split('\n\n')])
    responses[status] = { ...response, description: [...sentences].join('\n\n') }
  }
  return responses
}
