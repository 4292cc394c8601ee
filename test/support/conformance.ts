import { Ajv, type ValidateFunction } from 'ajv'
import * as formats from 'ajv-formats'
import type { OpenAPIV3 } from 'openapi-types'
import { closed } from './closed-schema.js'
import { yamlDocument } from './yaml-document.js'

/** An HTTP answer as the document describes one. */
export interface Answered {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
}

interface Known {
  readonly operation: OpenAPIV3.OperationObject
  readonly method: string
  readonly pattern: RegExp
}

export const DOCUMENT = yamlDocument('openapi.yaml') as OpenAPIV3.Document

/** Operations by operationId that were answered with success in this process. */
export const answered = new Set<string>()

/** Types of events that were pushed or read in this process, and fit. */
export const seenEvents = new Set<string>()

const ajv = new Ajv({ strict: false, allErrors: true, schemas: { document: closed(DOCUMENT) as object } })
formats.default.default(ajv)
const compiled = new Map<string, ValidateFunction>()
const operations = Object.entries(DOCUMENT.paths).flatMap(([path, item]): Known[] => {
  const pattern = new RegExp(`^${path.replace(/[.]/g, '\\.').replace(/\{\w+\}/g, '[^/]+')}$`)
  return Object.entries(item ?? {}).map(([method, operation]) => ({
    operation: operation as OpenAPIV3.OperationObject,
    method: method.toUpperCase(),
    pattern,
  }))
})

/** Throws unless the answer to `method` at `url` is one that openapi.yaml knows, of the form it gives. */
export function checkAnswer(method: string, url: string, answer: Answered): void {
  const { pathname } = new URL(url)
  const what = `${method} ${pathname} ${answer.status}`
  const code = answer.status >= 400 ? checkProblem(what, answer) : null
  if (code === 'not_found') return // the other listener may have it
  const known = operations.find((one) => one.method === method && one.pattern.test(pathname))
  if (!known) return answer.status >= 400 ? undefined : fail(what, 'is no operation of openapi.yaml', answer.text)
  const response = known.operation.responses[answer.status] as OpenAPIV3.ResponseObject | undefined
  if (!response) return fail(what, 'is a status that openapi.yaml does not give', answer.text)
  if (answer.status < 400) answered.add(String(known.operation.operationId))
  checkBody(what, response, answer)
}

function checkProblem(what: string, { status, headers, text }: Answered): string {
  if (headers['content-type'] !== 'application/problem+json')
    fail(what, `is ${String(headers['content-type'])}, not application/problem+json`, text)
  const problem = JSON.parse(text) as { readonly status: number; readonly type: string; readonly code: string }
  check(what, '#/components/schemas/Problem', problem)
  if (problem.status !== status) fail(what, 'has another status in its body', text)
  if (problem.type !== `urn:hermes:error:${problem.code}`) fail(what, 'has another type than its code', text)
  return problem.code
}

function checkBody(what: string, { content }: OpenAPIV3.ResponseObject, { headers, text, status }: Answered): void {
  if (status === 204 || status === 304 || status === 101) return
  const mediaType = String(headers['content-type']).split(';', 1)[0] ?? ''
  const media = content?.[mediaType]
  if (!media) return fail(what, `is ${mediaType}, which openapi.yaml does not give`, text)
  if (mediaType.endsWith('json') && media.schema) check(what, media.schema, JSON.parse(text))
}

/** Throws unless a pushed event is one of the document. */
export function checkEvent(event: unknown): void {
  check('the event', '#/components/schemas/ConversationEvent', event)
  seenEvents.add((event as { readonly type: string }).type)
}

/** Throws unless the result of a JSON-RPC method is that of the REST route of the same name. */
export function checkResult(method: string, result: unknown): void {
  const operationId = method === 'ack' ? 'acknowledgeConversation' : method
  const known = operations.find(({ operation }) => operation.operationId === operationId)
  const response = known?.operation.responses[200] as OpenAPIV3.ResponseObject | undefined
  const schema = response?.content?.['application/json']?.schema
  if (!schema) throw new Error(`openapi.yaml has no answer 200 of ${operationId}`)
  check(`the result of ${method}`, schema, result)
}

function check(what: string, schema: string | object, value: unknown): void {
  const validate = validator(typeof schema === 'string' ? { $ref: schema } : schema)
  if (!validate(value)) fail(what, ajv.errorsText(validate.errors, { dataVar: '' }), JSON.stringify(value))
}

/** References inside the document are to its own parts. */
function validator(schema: object): ValidateFunction {
  const text = JSON.stringify(closed(schema)).replaceAll('"$ref":"#', '"$ref":"document#')
  const known = compiled.get(text)
  if (known) return known
  const made = ajv.compile(JSON.parse(text) as object)
  compiled.set(text, made)
  return made
}

function fail(what: string, why: string, body: string): void {
  throw new Error(`${what} does not fit openapi.yaml: ${why}\n${body.slice(0, 2000)}`)
}
