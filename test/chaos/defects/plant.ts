import { contentOf, isNumbered } from '../../../chaos/check/observations.js'
import type { Rule } from '../../../chaos/check/violation.js'
import type { Call, DeviceEntry, Pushed } from '../../../chaos/history/entry.js'
import type { DeviceHistory, History } from '../../../chaos/history/history.js'
import type { ConversationEvent } from '../../../src/wire/events.js'

/** Something that is wrong; `plant` gives the history with it, for every place where it may be. */
export interface Defect {
  readonly what: string
  readonly rule: Rule
  readonly plant: (good: History) => readonly (() => History)[]
}

export interface Place {
  readonly device: DeviceHistory
  readonly index: number
  readonly entry: DeviceEntry
}

export type Numbered = ConversationEvent & { readonly seq: number }

export function placesOf({ devices }: History): readonly Place[] {
  return devices.flatMap((device) => device.entries.map((entry, index) => ({ device, index, entry })))
}

/** A defect at each place: `change` answers what stands there instead, null where it cannot be. */
export function at(
  what: string,
  rule: Rule,
  change: (place: Place, good: History) => readonly DeviceEntry[] | null,
): Defect {
  return anywhere(what, rule, (place, good) => {
    const entries = change(place, good)
    return entries && withEntries(good, place.device, place.device.entries.toSpliced(place.index, 1, ...entries))
  })
}

/** The same for what is wrong in more than one place. */
export function anywhere(what: string, rule: Rule, change: (place: Place, good: History) => History | null): Defect {
  const plant: Defect['plant'] = (good) =>
    placesOf(good).flatMap((place) => {
      const changed = change(place, good)
      return changed ? [() => changed] : []
    })
  return { what, rule, plant }
}

/** The history with another list of entries for one device. */
export function withEntries(history: History, device: DeviceHistory, entries: readonly DeviceEntry[]): History {
  return { ...history, devices: history.devices.map((one) => (one === device ? { ...one, entries } : one)) }
}

/** Every copy of an event, everywhere, as something else. */
export function everywhere(history: History, event: ConversationEvent, other: ConversationEvent): History {
  const swap = <E>(one: E) => (contentOf(one as ConversationEvent) === contentOf(event) ? (other as E) : one)
  const entryOf = (entry: DeviceEntry): DeviceEntry => {
    if (entry.kind === 'pushed') return { ...entry, event: swap(entry.event) }
    if (!isCall(entry, 'history') || !('result' in entry.outcome)) return entry
    const { events, ...rest } = entry.outcome.result
    return { ...entry, outcome: { result: { ...rest, events: events.map(swap) } } }
  }
  return { ...history, devices: history.devices.map((one) => ({ ...one, entries: one.entries.map(entryOf) })) }
}

/** An event more at the end of the log, given to all who are members to the end. */
export function appended(history: History, fields: object): History {
  const last = lastEvent(history)
  const event = { ...last, ...fields, seq: last.seq + 1 } as ConversationEvent
  const devices = history.devices.map((device) => {
    const settled = device.entries.findIndex(({ kind }) => kind === 'settled')
    const pushed: Pushed = { kind: 'pushed', t: 0, connection: lastConnection(device), event }
    const isMember = settled >= 0 && device.username !== 'carol'
    return isMember ? { ...device, entries: device.entries.toSpliced(settled, 0, pushed) } : device
  })
  return { ...history, devices }
}

export function lastEvent(history: History): Numbered {
  return placesOf(history)
    .flatMap(({ entry }) => numbered(entry) ?? [])
    .reduce((a, b) => (b.seq > a.seq ? b : a))
}

export function lastConnection({ entries }: DeviceHistory): number {
  return entries.reduce((last, entry) => (entry.kind === 'opened' ? entry.connection : last), 0)
}

export function isCall<M extends Call['method']>(
  entry: DeviceEntry | undefined,
  method: M,
): entry is Extract<Call, { method: M }> {
  return entry?.kind === 'call' && entry.method === method
}

/** The event of a log that was pushed; null for all else. */
export function numbered(entry: DeviceEntry): Numbered | null {
  return entry.kind === 'pushed' && isNumbered(entry.event) ? entry.event : null
}
