import type { z } from 'zod'
import { ERRORS, type FieldError, HermesError } from '../../errors.js'
import type { Answer } from '../../hub/operations/operation.js'
import { RPC_ID_CHARACTERS } from '../../wire/rpc.js'
import { SENTENCE_CHARACTERS } from '../http/error-handler.js'
import { hasTooManyValues, JSON_VALUES_MAX } from '../http/json-values.js'

export type RpcId = string | number | null

export interface RpcRequest {
  /** Undefined for a notification. */
  readonly id: string | number | undefined
  readonly method: string
  readonly params: object
}

/** A frame that is no request [JSON-RPC 2.0 5.1]. */
export class RpcError extends Error {
  override readonly name = 'RpcError'
  readonly code: -32700 | -32600 | -32601
  readonly id: RpcId

  constructor(code: RpcError['code'], message: string, id: RpcId = null) {
    super(message)
    this.code = code
    this.id = id
  }
}

const MEMBERS = new Set(['jsonrpc', 'id', 'method', 'params'])

/** Parses a text frame once. Throws RpcError. */
export function parseFrame(text: string): RpcRequest {
  const frame = parseJson(text)
  if (typeof frame !== 'object' || frame === null) throw new RpcError(-32600, 'a request is an object')
  if (Array.isArray(frame)) throw new RpcError(-32600, 'batches are not supported: send one request in a frame')
  const { jsonrpc, id, method, params = {} } = frame as Record<string, unknown>
  const known = isId(id) ? id : null
  if (jsonrpc !== '2.0') throw new RpcError(-32600, 'jsonrpc must be "2.0"', known)
  if (id !== undefined && !isId(id))
    throw new RpcError(-32600, `id must be an integer or a string of at most ${RPC_ID_CHARACTERS} characters`)
  if (typeof method !== 'string') throw new RpcError(-32600, 'method must be a string', known)
  if (typeof params !== 'object' || params === null || Array.isArray(params))
    throw new RpcError(-32600, 'params must be an object', known)
  for (const name in frame)
    if (!MEMBERS.has(name)) throw new RpcError(-32600, 'a request has jsonrpc, id, method and params', known)
  return { id, method, params }
}

function parseJson(text: string): unknown {
  if (hasTooManyValues(text)) throw new RpcError(-32600, `a request may have ${JSON_VALUES_MAX} members and elements`)
  try {
    return JSON.parse(text)
  } catch {
    throw new RpcError(-32700, 'the frame is no JSON')
  }
}

function isId(id: unknown): id is string | number {
  if (typeof id === 'string') return id.length <= RPC_ID_CHARACTERS && id.isWellFormed()
  return Number.isSafeInteger(id)
}

/** The refusal of parameters that do not fit, naming each field as `params.…`. */
export function paramsError({ issues }: z.ZodError): HermesError {
  const errors = issues.slice(0, 20).map(
    ({ path, message }): FieldError => ({
      path: ['params', ...path].join('.'),
      message: message.slice(0, SENTENCE_CHARACTERS),
    }),
  )
  return new HermesError('invalid_request', errors.map(({ path, message }) => `${path}: ${message}`).join('; '), {
    errors,
  })
}

/** A reply as JSON text. */
export function encodeAnswer(id: RpcId, answer: Answer<unknown>): string {
  if ('error' in answer) return encodeRefusal(id, answer.error)
  const result = 'text' in answer ? answer.text : JSON.stringify(answer.result)
  return `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${result}}`
}

export function encodeRefusal(id: RpcId, error: HermesError): string {
  const { code, status, retryable, retryAfterMs, errors, data } = error
  const message = status >= 500 ? ERRORS[code].title : error.message
  const rpcCode = code === 'invalid_request' ? -32602 : status
  return JSON.stringify({
    jsonrpc: '2.0',
    id,
    error: { code: rpcCode, message, data: { ...data, code, retryable, retryAfterMs, errors } },
  })
}

export function encodeRpcError({ code, message, id }: RpcError): string {
  const data = { code: code === -32601 ? 'not_found' : 'invalid_request', retryable: false }
  return JSON.stringify({ jsonrpc: '2.0', id, error: { code, message, data } })
}

export function encodeNotification(method: string, params: string): string {
  return `{"jsonrpc":"2.0","method":"${method}","params":${params}}`
}

/** The id of a frame that is refused unseen, if it has one. */
export function readId(text: string): RpcRequest['id'] {
  try {
    return parseFrame(text).id
  } catch {
    return undefined
  }
}
