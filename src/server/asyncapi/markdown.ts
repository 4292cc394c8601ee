import { referred, resolved, type Schema, type Schemas } from './schema.js'
import { schemaTable, typeOf } from './schema-table.js'

interface Reference {
  readonly $ref: string
}

interface Operation {
  readonly action: 'send' | 'receive'
  readonly title: string
  readonly summary?: string
  readonly description?: string
  readonly messages: readonly Reference[]
  readonly reply?: { readonly messages: readonly Reference[] }
}

interface Message {
  readonly description: string
  readonly payload: Schema
  readonly examples: readonly { readonly payload: unknown }[]
}

interface Components {
  readonly messages: Readonly<Record<string, Message>>
  readonly schemas: Schemas
}

/** As much of asyncapi.yaml as its page shows. */
export interface AsyncApi {
  readonly info: { readonly title: string; readonly version: string; readonly description: string }
  readonly servers: { readonly hub: { readonly host: string; readonly protocol: string; readonly description: string } }
  readonly channels: {
    readonly hub: {
      readonly address: string
      readonly description: string
      readonly bindings: { readonly ws: { readonly query: Schema } }
    }
  }
  readonly operations: Readonly<Record<string, Operation>>
  readonly components: Components
}

const REFUSALS = 'Refusals'

/** asyncapi.yaml as a text for people: what to connect to, what a client sends, what it gets, and of what form. */
export function asyncApiMarkdown(document: AsyncApi): string {
  const { info, operations, components } = document
  const having = (action: Operation['action']) => Object.values(operations).filter((one) => one.action === action)
  const [sent, pushed] = [having('receive'), having('send')]
  return [
    `# ${info.title}`,
    info.description,
    'This page is made from [asyncapi.yaml](/asyncapi.yaml). The operations by REST are at [/docs](/docs).',
    ...connect(document),
    '## What a client sends',
    links([...sent.map(({ title }) => title), REFUSALS]),
    ...sent.flatMap((operation) => request(operation, components)),
    `### ${REFUSALS}`,
    'What each code means, and what to do: [/docs/errors](/docs/errors).',
    ...shown('refusal', 'error', components),
    '## What the hub sends',
    links(pushed.map(({ title }) => `${title} notification`)),
    ...pushed.flatMap((operation) => notification(operation, components)),
    '## Schemas',
    links(Object.keys(components.schemas)),
    ...Object.entries(components.schemas).flatMap(([name, schema]) => [
      `### ${name}`,
      schema.description ?? '',
      formOf(schema, components.schemas),
    ]),
  ].join('\n\n')
}

function links(headings: readonly string[]): string {
  return headings.map((heading) => `[${heading}](#${heading.replaceAll(' ', '-')})`).join(' · ')
}

function connect({ servers: { hub }, channels, components }: AsyncApi): readonly string[] {
  const { address, bindings, description } = channels.hub
  return [
    '## Connect',
    `\`${hub.protocol}://${hub.host}${address}\`. ${hub.description}`,
    'Query:',
    formOf(bindings.ws.query, components.schemas),
    description,
  ]
}

function request(operation: Operation, components: Components): readonly string[] {
  const { title, summary, description, messages, reply } = operation
  const answers = reply?.messages.slice(0, 1) ?? []
  return [
    `### ${title}`,
    `${summary}. ${description}`,
    ...messages.flatMap(({ $ref }) => shown(referred($ref), 'params', components)),
    'Answer:',
    ...answers.flatMap(({ $ref }) => shown(referred($ref), 'result', components)),
  ]
}

function notification({ title, messages }: Operation, components: Components): readonly string[] {
  return [
    `### ${title} notification`,
    ...messages.flatMap(({ $ref }) => [
      components.messages[referred($ref)]?.description ?? '',
      ...shown(referred($ref), 'params', components),
    ]),
  ]
}

/** The form of the one part of a message that is its own, and the whole as an example. */
function shown(name: string, part: string, { messages, schemas }: Components): readonly string[] {
  const { payload, examples } = messages[name] ?? { payload: {}, examples: [] }
  const blocks = examples.map((example) => `\`\`\`json\n${JSON.stringify(example.payload, null, 2)}\n\`\`\``)
  return [formOf(payload.properties?.[part] ?? {}, schemas), ...blocks]
}

function formOf(given: Schema, schemas: Schemas): string {
  const schema = resolved(given, schemas)
  return schema.properties ? schemaTable(schema, schemas) : typeOf(schema)
}
