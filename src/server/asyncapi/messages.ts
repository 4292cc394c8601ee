import type { z } from 'zod'
import { NOTIFICATIONS } from '../../wire/frames.js'
import { RpcErrorObject, RpcId } from '../../wire/rpc.js'
import { exampleOf } from './example.js'
import { METHODS, type Method, mayLackId, notificationOf, REFUSAL, requestOf, resultOf } from './names.js'
import type { Schema, Schemas } from './schema.js'
import { jsonSchemas } from './schemas.js'

const PUSHED: readonly [method: string, params: z.ZodType][] = Object.entries(NOTIFICATIONS)
const CORRELATION = { location: '$message.payload#/id', description: 'The answer has the `id` of its request.' }

export interface Message {
  readonly name: string
  readonly title: string
  readonly summary: string
  readonly description: string
  readonly correlationId?: typeof CORRELATION
  readonly payload: Schema
  readonly examples?: readonly { readonly payload: unknown }[]
}

export type Messages = Readonly<Record<string, Message>>

/** Every frame as a message, and the schemas that they refer to. */
export function messagesAndSchemas(): { readonly messages: Messages; readonly schemas: Schemas } {
  const written = jsonSchemas(
    byName(METHODS, ({ method, params }) => [method, params]),
    'input',
  )
  const read = jsonSchemas(
    {
      ...byName(METHODS, ({ method, result }) => [resultOf(method), result]),
      ...byName(PUSHED, ([method, params]) => [notificationOf(method), params]),
      id: RpcId,
      error: RpcErrorObject,
    },
    'output',
  )
  const messages = {
    ...byName(METHODS, (method) => [requestOf(method.method), request(method, written.roots, read.roots)]),
    ...byName(METHODS, ({ method }) => [resultOf(method), result(method, read.roots)]),
    [REFUSAL]: refusal(read.roots),
    ...byName(PUSHED, ([method, params]) => [notificationOf(method), notification(method, params, read.roots)]),
  }
  const schemas = { ...read.named, ...written.named }
  return { messages: withExamples(messages, schemas), schemas }
}

function withExamples(messages: Messages, schemas: Schemas): Messages {
  return byName(Object.entries(messages), ([name, message]) => [
    name,
    { ...message, examples: [{ payload: exampleOf(message.payload, schemas) }] },
  ])
}

function byName<T, V>(items: readonly T[], entry: (item: T) => readonly [string, V]): Readonly<Record<string, V>> {
  return Object.fromEntries(items.map(entry))
}

function request({ method, summary, description, params }: Method, written: Schemas, { id = {} }: Schemas): Message {
  const payload = frame(
    { id, method: { const: method }, params: written[method] },
    ...(mayLackId(method) ? [] : ['id']),
    'method',
    ...(params.safeParse({}).success ? [] : ['params']),
  )
  const strict = { ...payload, additionalProperties: false }
  return { ...message(requestOf(method), summary, description, strict), correlationId: CORRELATION }
}

function result(method: string, { id = {}, ...results }: Schemas): Message {
  const payload = frame({ id, result: results[resultOf(method)] }, 'id', 'result')
  return {
    ...message(resultOf(method), `Answers ${method}`, `The answer to \`${method}\`: it was done.`, payload),
    correlationId: CORRELATION,
  }
}

function refusal({ id = {}, error = {} }: Schemas): Message {
  const description = 'It was not done. `id` is null where the frame had none that could be read.'
  const payload = frame({ id: { anyOf: [id, { type: 'null' }] }, error }, 'id', 'error')
  return { ...message(REFUSAL, 'The other answer to any request', description, payload), correlationId: CORRELATION }
}

function notification(method: string, params: z.ZodType, pushed: Schemas): Message {
  const name = notificationOf(method)
  const payload = frame({ method: { const: method }, params: pushed[name] }, 'method', 'params')
  return message(name, `Pushed: ${method}`, params.meta()?.description ?? '', payload)
}

function message(name: string, summary: string, description: string, payload: Schema): Message {
  return { name, title: name, summary, description, payload }
}

/** A frame of JSON-RPC 2.0. */
function frame(properties: Readonly<Record<string, Schema | undefined>>, ...required: readonly string[]): Schema {
  return {
    type: 'object',
    properties: { jsonrpc: { const: '2.0' }, ...properties },
    required: ['jsonrpc', ...required],
  }
}
