import type { NumberedEvent } from '../../src/client/log/apply.js'
import type { DeviceEntry } from '../history/entry.js'
import type { History } from '../history/history.js'
import { contentOf, isNumbered, observationsBy } from './observations.js'

/** Both inclusive; `to` is infinite for whoever is still a member. */
export interface Stay {
  readonly from: number
  readonly to: number
}

/** One seq of a conversation, as most saw it, and as others did. */
export interface Place {
  readonly event: NumberedEvent
  readonly versions: readonly NumberedEvent[]
}

/** A conversation, put together from what all devices saw of it. */
export interface Log {
  readonly conversation: string
  readonly places: ReadonlyMap<number, Place>
  /** The highest seq that anybody saw or was answered. */
  readonly last: number
  readonly stays: ReadonlyMap<string, readonly Stay[]>
  /** Seqs that somebody was told are no more. */
  readonly gaps: ReadonlySet<number>
}

export type Logs = ReadonlyMap<string, Log>

interface Version {
  readonly event: NumberedEvent
  count: number
}

export function logsOf(history: History): Logs {
  const seen = new Map<string, Map<number, Version[]>>()
  for (const device of history.devices)
    for (const { event } of observationsBy(device)) if (isNumbered(event)) count(seen, event)
  const answered = answeredSeqs(history)
  const gaps = gapsOf(history)
  const conversations = new Set([...seen.keys(), ...answered.keys()])
  return new Map(
    [...conversations].map((conversation) => [
      conversation,
      {
        conversation,
        ...putTogether(seen.get(conversation) ?? new Map(), answered.get(conversation) ?? 0),
        gaps: gaps.get(conversation) ?? new Set(),
      },
    ]),
  )
}

function count(seen: Map<string, Map<number, Version[]>>, event: NumberedEvent): void {
  const places = getOrSet(seen, event.conversation, () => new Map<number, Version[]>())
  const versions = getOrSet(places, event.seq, () => [])
  const known = versions.find((one) => one.event === event || contentOf(one.event) === contentOf(event))
  if (known) known.count += 1
  else versions.push({ event, count: 1 })
}

function putTogether(seen: ReadonlyMap<number, readonly Version[]>, answered: number) {
  const inOrder = [...seen].sort(([a], [b]) => a - b)
  const places = new Map<number, Place>()
  for (const [seq, versions] of inOrder) {
    const [most] = [...versions].sort((a, b) => b.count - a.count)
    if (most) places.set(seq, { event: most.event, versions: versions.map(({ event }) => event) })
  }
  const last = Math.max(answered, inOrder.at(-1)?.[0] ?? 0)
  return { places, last, stays: staysOf(places) }
}

/** In the order of the log: a stay begins with `started` or `joined`, and ends with `left`. */
function staysOf(places: ReadonlyMap<number, Place>): ReadonlyMap<string, readonly Stay[]> {
  const stays = new Map<string, Stay[]>()
  for (const [seq, { event }] of places) {
    if (event.type === 'started' || event.type === 'joined') {
      const username = event.type === 'joined' ? event.member.username : event.from.username
      getOrSet(stays, username, () => []).push({ from: seq, to: Number.POSITIVE_INFINITY })
    }
    if (event.type !== 'left') continue
    const own = stays.get(event.from.username)
    const open = own?.at(-1)
    if (own && open) own[own.length - 1] = { from: open.from, to: Math.min(open.to, seq) }
  }
  return stays
}

/** Conversation → the highest seq in an answer to `send`. */
function answeredSeqs({ devices }: History): ReadonlyMap<string, number> {
  const answered = new Map<string, number>()
  for (const { entries } of devices)
    for (const entry of entries) {
      if (entry.kind !== 'call' || entry.method !== 'send' || !('result' in entry.outcome)) continue
      const { conversation } = entry.params
      answered.set(conversation, Math.max(answered.get(conversation) ?? 0, entry.outcome.result.seq))
    }
  return answered
}

function gapsOf({ devices }: History): ReadonlyMap<string, ReadonlySet<number>> {
  const gaps = new Map<string, Set<number>>()
  for (const { entries } of devices)
    for (const { conversation, from, to } of entries.flatMap(gapsTold)) {
      const seqs = getOrSet(gaps, conversation, () => new Set<number>())
      for (let seq = from; seq <= to; seq += 1) seqs.add(seq)
    }
  return gaps
}

export function gapsTold(
  entry: DeviceEntry,
): readonly { readonly conversation: string; readonly from: number; readonly to: number }[] {
  if (entry.kind === 'gap') return [entry.gap]
  if (entry.kind !== 'call' || entry.method !== 'events' || !('result' in entry.outcome)) return []
  return entry.outcome.result.gaps
}

export function getOrSet<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key)
  if (known !== undefined) return known
  const made = make()
  map.set(key, made)
  return made
}

export function isInStay(stays: readonly Stay[] | undefined, seq: number): boolean {
  return stays?.some(({ from, to }) => from <= seq && seq <= to) ?? false
}
