import type { Batch } from '../commit/batch.js'
import type { Append } from '../event-log.js'

/** The part of a batch that holds its appends. */
export type PackedAppends = Pick<PackedBatch, 'numbers' | 'texts' | 'extras'>

/** What an append changes beside its events; most messages change nothing. */
export type Extras = Pick<Append, 'stays' | 'invitations' | 'request'> & {
  /** The new conversation, if it is one. */
  readonly created: Exclude<Append['conversation'], number> | null
}

/**
 * A batch on its way to the writing thread. Appends are laid out flat, because the
 * structured clone of an object costs about as much for each property as SQLite takes for a row.
 */
export interface PackedBatch extends Omit<Batch, 'appends'> {
  /**
   * For each append: conversation (0 for a new one), expectedSeq, epoch, closed (0 or 1), events; for each event: at,
   * senderId.
   */
  readonly numbers: readonly number[]
  /** For each event: type, messageId, body. */
  readonly texts: readonly (string | null)[]
  /** Index of an append and what it changes beside its events. */
  readonly extras: readonly (readonly [number, Extras])[]
}

/** An append as the writing thread sees it. */
export interface PackedAppend {
  readonly conversation: number
  readonly expectedSeq: number
  readonly epoch: number
  readonly closed: boolean
  readonly events: readonly PackedEvent[]
  readonly extras: Extras | null
}

export interface PackedEvent {
  readonly at: number
  readonly senderId: number
  readonly type: string
  readonly messageId: string | null
  readonly body: string
}

export function packAppends(appends: readonly Append[]): PackedAppends {
  const numbers: number[] = []
  const texts: (string | null)[] = []
  const extras: [number, Extras][] = []
  appends.forEach((append, index) => {
    const { conversation, stays, invitations, request } = append
    const created = typeof conversation === 'number' ? null : conversation
    numbers.push(created === null ? Number(conversation) : 0, append.expectedSeq, append.epoch, append.closed ? 1 : 0)
    numbers.push(append.events.length)
    for (const { at, senderId, type, messageId, body } of append.events) {
      numbers.push(at, senderId)
      texts.push(type, messageId, body)
    }
    if (created !== null || stays.length > 0 || invitations.length > 0 || request !== null)
      extras.push([index, { created, stays, invitations, request }])
  })
  return { numbers, texts, extras }
}

export function unpackAppends({ numbers, texts, extras }: PackedAppends): PackedAppend[] {
  const extrasOf = new Map(extras)
  const appends: PackedAppend[] = []
  let n = 0
  let s = 0
  const number = () => numbers[n++] ?? 0
  const text = () => texts[s++] ?? null
  while (n < numbers.length) {
    const [conversation, expectedSeq, epoch, closed, count] = [number(), number(), number(), number() === 1, number()]
    const events: PackedEvent[] = []
    for (let i = 0; i < count; i++) {
      events.push({ at: number(), senderId: number(), type: text() ?? '', messageId: text(), body: text() ?? '' })
    }
    appends.push({ conversation, expectedSeq, epoch, closed, events, extras: extrasOf.get(appends.length) ?? null })
  }
  return appends
}
