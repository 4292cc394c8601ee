import type { NumberedEvent } from '../../src/client/log/apply.js'
import type { ConversationEvent } from '../../src/wire/events.js'
import type { DeviceEntry } from '../history/entry.js'
import type { DeviceHistory } from '../history/history.js'

/** An event as a device saw it. */
export interface Observation {
  readonly event: ConversationEvent
  readonly t: number
  /** The WebSocket it came over; null when it was asked for by REST. */
  readonly connection: number | null
  /** Given by itself, or read with `history`. */
  readonly how: 'given' | 'read'
}

/** The events of an entry, in the order in which they came. */
export function observationsOf(entry: DeviceEntry): readonly Observation[] {
  const { t } = entry
  if (entry.kind === 'pushed') return [{ event: entry.event, t, connection: entry.connection, how: 'given' }]
  if (entry.kind !== 'call' || !('result' in entry.outcome)) return []
  const how = entry.method === 'history' ? 'read' : 'given'
  if (entry.method !== 'history' && entry.method !== 'events') return []
  return eventsOf(entry.outcome.result.events).map((event) => ({ event, t, connection: entry.connection, how }))
}

/** Ids are branded in what was parsed, plain in what is read again. */
const eventsOf = (events: readonly unknown[]) => events as readonly ConversationEvent[]

export function isNumbered(event: ConversationEvent): event is NumberedEvent {
  return event.seq !== undefined
}

export function* observationsBy({ entries }: DeviceHistory): Generator<Observation> {
  for (const entry of entries) yield* observationsOf(entry)
}

const contents = new WeakMap<ConversationEvent, string>()

/** What an event says to everybody: an attachment is for one alone. */
export function contentOf(event: ConversationEvent): string {
  const known = contents.get(event)
  if (known !== undefined) return known
  const { attachment: _, ...rest } = event as ConversationEvent & { readonly attachment?: string }
  const content = JSON.stringify(sorted(rest))
  contents.set(event, content)
  return content
}

/** Stores may give the fields of an object in any order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, field]) => [name, sorted(field)]),
  )
}
