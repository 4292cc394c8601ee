import { Ajv, type ValidateFunction } from 'ajv'
import * as formats from 'ajv-formats'
import { closed } from './closed-schema.js'
import { yamlDocument } from './yaml-document.js'

interface Frame {
  readonly id?: unknown
  readonly method?: unknown
  readonly params?: unknown
  readonly result?: unknown
  readonly error?: unknown
}

interface Operation {
  readonly action: 'send' | 'receive'
  readonly title: string
  readonly description?: string
  readonly messages: readonly { readonly $ref: string }[]
  readonly reply?: { readonly messages: readonly { readonly $ref: string }[] }
}

interface Message {
  readonly description: string
  readonly examples: readonly { readonly payload: Frame }[]
}

interface Document {
  readonly operations: Readonly<Record<string, Operation>>
  readonly components: { readonly messages: Readonly<Record<string, Message>> }
}

export const ASYNCAPI = yamlDocument('asyncapi.yaml') as Document

/** Names of messages that went over a socket in this process, and fit. */
export const seenMessages = new Set<string>()

const ajv = new Ajv({ strict: false, allErrors: true, schemas: { document: closed(ASYNCAPI) as object } })
formats.default.default(ajv)

const operations = Object.values(ASYNCAPI.operations)
const requests = named('receive', ({ messages }) => messages)
const results = named('receive', ({ reply }) => reply?.messages ?? [])
const notifications = named('send', ({ messages }) => messages)

/** The first message of each method. */
function named(
  action: Operation['action'],
  of: (operation: Operation) => Operation['messages'],
): ReadonlyMap<unknown, string> {
  return new Map(
    operations
      .filter((operation) => operation.action === action)
      .map((operation) => [operation.title, (of(operation)[0]?.$ref ?? '').replace(/.*\//, '')]),
  )
}

/** Throws unless a frame that the hub sent is one of asyncapi.yaml. `asked`: the method it answers, where known. */
export function checkReceived(frame: Frame, asked?: string): void {
  if (frame.error !== undefined) checkMessage('refusal', frame)
  else if (frame.method !== undefined) checkMessage(notifications.get(frame.method), frame)
  else if (asked !== undefined) checkMessage(results.get(asked), frame)
}

/** Throws unless a frame that the hub took is one of asyncapi.yaml. */
export function checkTaken(frame: Frame): void {
  checkMessage(requests.get(frame.method), frame)
}

/** Throws unless a frame fits the message of this name. */
export function checkMessage(name: string | undefined, frame: object): void {
  const text = JSON.stringify(frame)
  if (name === undefined) throw new Error(`no message of asyncapi.yaml: ${text.slice(0, 2000)}`)
  const validate = validator(name)
  if (!validate(frame))
    throw new Error(`${name} does not fit asyncapi.yaml: ${ajv.errorsText(validate.errors)}\n${text.slice(0, 2000)}`)
  seenMessages.add(name)
}

function validator(name: string): ValidateFunction {
  const validate = ajv.getSchema(`document#/components/messages/${name}/payload`)
  if (!validate) throw new Error(`asyncapi.yaml has no message ${name}`)
  return validate
}
