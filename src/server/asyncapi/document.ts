import { stringify } from 'yaml'
import { ERRORS } from '../../errors.js'
import { CLOSE, NOTIFICATIONS } from '../../wire/frames.js'
import { FRAME_BYTES, PROTOCOL } from '../../wire/limits.js'
import { ConnectQuery, PATH } from '../hub/websocket-route.js'
import { messagesAndSchemas } from './messages.js'
import { type Json, METHODS, type Method, notificationOf, REFUSAL, requestOf, resultOf } from './names.js'
import type { Schema } from './schema.js'
import { jsonSchemas } from './schemas.js'

const INFO = {
  title: 'Hermes hub',
  version: '1.0.0',
  license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
  description: `The WebSocket of the conversation hub: JSON-RPC 2.0 in text frames.

Written from the side of the hub: what it *receives* a client sends, what it *sends* a client receives. Requests are
answered by a result or a refusal with the same \`id\`. Clients pass over members and notifications that they do not
know; the hub refuses parameters that it does not know. The same operations by REST are in openapi.yaml.`,
}

const CHANNEL = { $ref: '#/channels/hub' }

/** asyncapi.yaml as text: the WebSocket of the hub, from the table of operations and the schemas of the wire. */
export function generateAsyncApi(): string {
  const { messages, schemas } = messagesAndSchemas()
  const document = {
    asyncapi: '3.0.0',
    info: INFO,
    defaultContentType: 'application/json',
    servers: {
      hub: {
        host: 'localhost:9443',
        protocol: 'wss',
        description: 'The hub listener: TLS 1.3, with a client certificate that the identity listener issued.',
        security: [{ $ref: '#/components/securitySchemes/clientCertificate' }],
      },
    },
    channels: { hub: channel(Object.keys(messages)) },
    operations: operations(),
    components: {
      securitySchemes: {
        clientCertificate: { type: 'X509', description: 'A client certificate that the identity listener issued.' },
      },
      messages,
      schemas,
    },
  }
  return stringify(document, { lineWidth: 120, aliasDuplicateObjects: false })
}

function channel(messages: readonly string[]): Json {
  return {
    address: PATH,
    title: 'The connection of a device',
    description: `Text frames of at most ${FRAME_BYTES} bytes, no compression, no batches. How it ends:\n\n${closeCodes()}`,
    servers: [{ $ref: '#/servers/hub' }],
    messages: Object.fromEntries(messages.map((name) => [name, { $ref: `#/components/messages/${name}` }])),
    bindings: { ws: { method: 'GET', query: queryOf(), headers: subprotocol(), bindingVersion: '0.1.0' } },
  }
}

function closeCodes(): string {
  const rows = Object.values(CLOSE).map(({ code, reason }) => `| ${code} | ${reason} |`)
  return ['| close code | meaning |', '|---|---|', ...rows].join('\n')
}

function queryOf(): Schema {
  return jsonSchemas({ query: ConnectQuery }, 'input').roots.query ?? {}
}

function subprotocol(): Json {
  return { type: 'object', properties: { 'Sec-WebSocket-Protocol': { const: PROTOCOL } } }
}

function operations(): Json {
  return {
    ...Object.fromEntries(METHODS.map((method) => [method.method, received(method)])),
    ...Object.fromEntries(Object.keys(NOTIFICATIONS).map((method) => [notificationOf(method), pushed(method)])),
  }
}

function received({ method, summary, description, errors }: Method): Json {
  const refusals = errors.map((code) => `\`${code}\` (${ERRORS[code].title})`).join(', ')
  return {
    action: 'receive',
    channel: CHANNEL,
    title: method,
    summary,
    description: refusals === '' ? description : `${description}\n\nRefusals of its own: ${refusals}.`,
    messages: inChannel(requestOf(method)),
    reply: { channel: CHANNEL, messages: inChannel(resultOf(method), REFUSAL) },
  }
}

function pushed(method: string): Json {
  return { action: 'send', channel: CHANNEL, title: method, messages: inChannel(notificationOf(method)) }
}

function inChannel(...names: readonly string[]): readonly Json[] {
  return names.map((name) => ({ $ref: `#/channels/hub/messages/${name}` }))
}
