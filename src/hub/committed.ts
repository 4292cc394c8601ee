import type { Append, NewEvent } from '../store/event-log.js'
import type { ConversationId } from '../wire/formats.js'
import { concernedBy } from './conversation/concerned.js'
import type { Event } from './conversation/events.js'
import { evolve } from './conversation/evolve.js'
import { changes } from './conversation/projection.js'
import { type Conversation, isClosed } from './conversation/state.js'
import { encodeEvent } from './encoding.js'
import type { Task } from './task.js'

/** An event that is in the log, or will be. */
export interface Committed {
  readonly conversationId: number
  readonly uuid: ConversationId
  readonly seq: number
  readonly event: Event
  readonly body: string
  /** User id of whom it concerns beyond the members. */
  readonly concerned: number | null
}

export interface Applied {
  /** The state after the events. */
  readonly after: Conversation
  readonly committed: readonly Committed[]
}

/** Gives events their place after `before`. */
export function apply(conversationId: number, before: Conversation, events: readonly Event[]): Applied {
  let after = before
  const committed: Committed[] = []
  for (const event of events) {
    after = evolve(after, event)
    const { id: uuid, lastSeq: seq } = after
    const body = encodeEvent(event, uuid, seq)
    committed.push({ conversationId, uuid, seq, event, body, concerned: concernedBy(after, event) })
  }
  return { after, committed }
}

/** What the log is to store of them; `before` is the state they were decided on. */
export function appendOf(
  conversation: Append['conversation'],
  before: Conversation,
  { after, committed }: Applied,
  request: Task['request'],
): Append {
  return {
    conversation,
    expectedSeq: before.lastSeq,
    epoch: after.epoch,
    closed: isClosed(after),
    events: committed.map(newEvent),
    ...changes(before, after),
    request: request ? { ...request, seq: after.lastSeq } : null,
  }
}

function newEvent({ seq, event, body }: Committed): NewEvent {
  const messageId = event.type === 'message' ? event.messageId : null
  return { seq, at: event.at, type: event.type, senderId: event.from.userId, messageId, body }
}
