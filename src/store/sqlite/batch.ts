import type { ErrorCode } from '../../errors.js'
import type { Change } from '../changes/changes.js'
import type { Append } from '../event-log.js'
import type { Quota } from '../quotas.js'

/** The part of a batch that holds its appends. */
export type PackedAppends = Pick<Batch, 'numbers' | 'texts' | 'extras'>

/** What an append changes beside its events; most messages change nothing. */
export type Extras = Pick<Append, 'stays' | 'invitations' | 'request'> & {
  /** The new conversation, if it is one. */
  readonly created: Exclude<Append['conversation'], number> | null
}

/** A device to open: made if it is new. */
export interface DeviceOpening {
  readonly userId: number
  readonly name: string
  /** Milliseconds since the epoch of Unix, as everything in the database. */
  readonly now: number
  readonly maxDevices: number
}

/** A cursor of a device: of a conversation (its id, a seq) or of an invitation (its uuid, how many of its events). */
export interface CursorMove {
  readonly deviceId: number
  readonly target: number | string
  readonly value: number
}

/**
 * One transaction's worth of work on its way to the writing thread. Appends are laid out flat, because the
 * structured clone of an object costs about as much for each property as SQLite takes for a row.
 */
export interface Batch {
  /** When it is written, milliseconds since the epoch of Unix. */
  readonly now: number
  /** Made first: what is appended beside a revocation meets it. */
  readonly changes: readonly Change[]
  /** For each append: conversation (0 for a new one), expectedSeq, epoch, closed (0 or 1), events; for each event: at, senderId. */
  readonly numbers: readonly number[]
  /** For each event: type, messageId, body. */
  readonly texts: readonly (string | null)[]
  /** Index of an append and what it changes beside its events. */
  readonly extras: readonly (readonly [number, Extras])[]
  readonly devices: readonly DeviceOpening[]
  readonly cursors: readonly CursorMove[]
}

/** Why one piece of work was not stored; `cause` is one line for the log. */
export interface Refused {
  readonly cause: string
}

/** It would have taken more than a quota allows. */
export interface OverQuota {
  readonly quota: Quota
  readonly limit: number
}

/** `revoked`: a stay would have begun under a certificate that is revoked. */
export type AppendOutcome = number | 'conflict' | 'duplicate' | 'revoked' | OverQuota | Refused
export type DeviceOutcome = { readonly id: number } | 'quota' | Refused
/** `gone`: there is no such device any more, or nothing of that id to acknowledge. */
export type CursorOutcome = 'gone' | Refused

/** What a change refused by itself, as data. */
export interface Refusal {
  readonly code: ErrorCode
  readonly message: string
}

export type ChangeOutcome = { readonly answer: unknown } | { readonly refusal: Refusal } | Refused

export interface BatchOutcome {
  readonly changes: readonly ChangeOutcome[]
  /** For each append the id of its conversation, or why it was not stored. */
  readonly appends: readonly AppendOutcome[]
  readonly devices: readonly DeviceOutcome[]
  /** Those that were not moved, by index. */
  readonly cursors: readonly (readonly [number, CursorOutcome])[]
}

/** The outcome of a batch of which nothing was stored. */
export function refuseAll(batch: Batch, appends: number, cause: string): BatchOutcome {
  const refusal: Refused = { cause }
  return {
    changes: batch.changes.map(() => refusal),
    appends: new Array<Refused>(appends).fill(refusal),
    devices: batch.devices.map(() => refusal),
    cursors: batch.cursors.map((_, index) => [index, refusal]),
  }
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
