import type { Claim, NewConnection, Signal, StandingChange, Wake } from '../bus.js'
import type { Mark } from './marks.js'

/** What one node tells others. */
export type Message =
  | { readonly kind: 'wake'; readonly wake: Omit<Wake, 'origin'> }
  | { readonly kind: 'signal'; readonly signal: Omit<Signal, 'origin'>; readonly mark: Mark }
  | { readonly kind: 'standing'; readonly standing: StandingChange }
  | { readonly kind: 'connection'; readonly connection: NewConnection }
  | { readonly kind: 'claim'; readonly claim: Claim }

const decoder = new TextDecoder('utf-8', { fatal: true })

/**
 * A line of JSON that says what it is, and behind it the text that it carries, so that this is not quoted once more:
 * JSON text has no newline in it.
 */
export function encodeMessage(message: Message): string {
  switch (message.kind) {
    case 'wake': {
      const { body, ...head } = message.wake
      return encode({ kind: 'wake', ...head }, body)
    }
    case 'signal': {
      const { body, ...head } = message.signal
      return encode({ kind: 'signal', ...head, ...message.mark }, body)
    }
    case 'standing':
      return encode({ kind: 'standing', ...message.standing }, null)
    case 'connection':
      return encode({ kind: 'connection', ...message.connection }, null)
    case 'claim':
      return encode({ kind: 'claim', ...message.claim }, null)
  }
}

function encode(head: object, body: string | null): string {
  return body === null ? JSON.stringify(head) : `${JSON.stringify(head)}\n${body}`
}

/** Null for whatever is no message, such as that of a node of another version. */
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
  const { kind, userId, deviceId, number, conversationId, uuid } = head
  if (kind === 'wake') return readWake(head, body)
  if (kind === 'signal') return readSignal(head, body)
  if (kind === 'standing' && isId(userId)) return { kind, standing: { userId } }
  if (kind === 'connection' && isId(userId) && isId(deviceId) && isId(number))
    return { kind, connection: { userId, deviceId, number } }
  if (kind === 'claim' && isId(conversationId) && isText(uuid)) return { kind, claim: { conversationId, uuid } }
  return null
}

function readSignal({ conversationId, sender, number, at }: Fields, body: string | null): Message | null {
  if (!isId(conversationId) || body === null) return null
  if (!isText(sender) || !isId(number) || !isId(at)) return null
  return { kind: 'signal', signal: { conversationId, body }, mark: { sender, number, at } }
}

function readWake(head: Fields, body: string | null): Message | null {
  const { conversationId, uuid, seq, type, invitation, isPlain, isMore, userId } = head
  if (typeof isPlain !== 'boolean' || typeof isMore !== 'boolean') return null
  if (!isId(conversationId) || !isText(uuid) || !isId(seq) || !isText(type)) return null
  if ((invitation !== null && !isText(invitation)) || (userId !== null && !isId(userId))) return null
  return { kind: 'wake', wake: { conversationId, uuid, seq, type, invitation, isPlain, isMore, userId, body } }
}

function isId(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}
