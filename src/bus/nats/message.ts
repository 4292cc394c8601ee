import type { NewConnection, Signal, StandingChange, Wake } from '../bus.js'

/** What one node tells others. */
export type Message =
  | ({ readonly kind: 'wake' } & Omit<Wake, 'origin'>)
  | ({ readonly kind: 'signal' } & Omit<Signal, 'origin'>)
  | ({ readonly kind: 'standing' } & StandingChange)
  | ({ readonly kind: 'connection' } & NewConnection)

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true })

/** Long texts stand behind the head, so that they are not quoted once more; JSON text has no newline in it. */
export function encodeMessage(message: Message): Uint8Array {
  if (!('body' in message) || message.body === null) return encoder.encode(JSON.stringify(message))
  const { body, ...head } = message
  return encoder.encode(`${JSON.stringify(head)}\n${body}`)
}

/** Null for whatever is no message: NATS is not trusted to carry nothing else. */
export function decodeMessage(data: Uint8Array): Message | null {
  try {
    const text = decoder.decode(data)
    const end = text.indexOf('\n')
    const head: unknown = JSON.parse(end < 0 ? text : text.slice(0, end))
    if (typeof head !== 'object' || head === null) return null
    return read(head as Fields, end < 0 ? null : text.slice(end + 1))
  } catch {
    return null
  }
}

type Fields = Readonly<Record<string, unknown>>

function read(head: Fields, body: string | null): Message | null {
  const { kind, conversationId, uuid, seq, type, invitation, userId, deviceId, number } = head
  if (kind === 'wake' && isId(conversationId) && isText(uuid) && isId(seq) && isText(type)) {
    if ((invitation !== null && !isText(invitation)) || (userId !== null && !isId(userId))) return null
    return { kind, conversationId, uuid, seq, type, invitation, userId, body }
  }
  if (kind === 'signal' && isId(conversationId) && body !== null) return { kind, conversationId, body }
  if (kind === 'standing' && isId(userId)) return { kind, userId }
  if (kind === 'connection' && isId(userId) && isId(deviceId) && isId(number)) return { kind, userId, deviceId, number }
  return null
}

function isId(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}
