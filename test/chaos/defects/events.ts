import { randomUUID } from 'node:crypto'
import type { DeviceEntry, Pushed } from '../../../chaos/history/entry.js'
import type { History } from '../../../chaos/history/history.js'
import {
  anywhere,
  appended,
  at,
  type Defect,
  everywhere,
  isCall,
  lastConnection,
  lastEvent,
  numbered,
  type Place,
  placesOf,
  withEntries,
} from './plant.js'

const isAnswered = ({ device }: Place, seq: number) =>
  device.entries.some((one) => isCall(one, 'send') && 'result' in one.outcome && one.outcome.result.seq === seq)

/** Whether somebody else saw it too. */
function isShared({ device, entry }: Place, { devices }: History): boolean {
  const seq = numbered(entry)?.seq
  return devices.some((one) => one !== device && one.entries.some((other) => numbered(other)?.seq === seq))
}

const LOSSES: readonly Defect[] = [
  anywhere('an event that one device never gets', 'loss', (place, good) => {
    const { device } = place
    const event = numbered(place.entry)
    if (
      !event ||
      device.username === 'dave' ||
      event.type === 'started' ||
      !isShared(place, good) ||
      isAnswered(place, event.seq)
    )
      return null
    const isIt = (one: DeviceEntry) => numbered(one)?.seq === event.seq || isCall(one, 'history')
    return withEntries(
      good,
      device,
      device.entries.filter((one) => !isIt(one)),
    )
  }),
  at('an event that is not in a page of history', 'loss', ({ entry }) => {
    if (!isCall(entry, 'history') || !('result' in entry.outcome)) return null
    const { events, ...rest } = entry.outcome.result
    return [{ ...entry, outcome: { result: { ...rest, events: events.toSpliced(3, 1) } } }]
  }),
  at('an answered message in whose place is something else', 'loss', ({ entry }) => {
    if (!isCall(entry, 'send') || !('result' in entry.outcome) || entry.outcome.result.duplicate) return null
    return [entry, { ...entry, params: { ...entry.params, messageId: randomUUID() } }]
  }),
]

const isNotice = ({ entry }: Place) => entry.kind === 'pushed' && entry.event.seq === undefined

const NOTICES: readonly Defect[] = [
  at('the end of an invitation that a device was not shown', 'loss', (place) => {
    const { entry } = place
    if (place.device.username !== 'bob' || !isNotice(place)) return null
    if (entry.kind !== 'pushed' || entry.event.type !== 'invited') return null
    const { conversation, at: time, from, invitation } = entry.event
    // Another device of his was shown it.
    const end = { conversation, at: time, from, invitation, type: 'declined' } as const
    return [{ ...entry, event: end }]
  }),
]

const ORDERS: readonly Defect[] = [
  at('an event that comes twice on a connection', 'order', ({ entry }) => (numbered(entry) ? [entry, entry] : null)),
  anywhere('two events in the wrong order', 'order', ({ device, index, entry }, good) => {
    const next = device.entries[index + 1]
    if (entry.kind !== 'pushed' || next?.kind !== 'pushed' || !numbered(entry) || !numbered(next)) return null
    const swapped = [
      { ...entry, event: next.event },
      { ...next, event: entry.event },
    ]
    return withEntries(good, device, device.entries.toSpliced(index, 2, ...swapped))
  }),
  at('an event that others saw otherwise', 'order', (place, good) => {
    const event = numbered(place.entry)
    if (!event || !isShared(place, good) || place.entry.kind !== 'pushed') return null
    const other = { ...event, from: { ...event.from, device: 'another' } } as typeof event
    return [{ ...place.entry, event: other }]
  }),
]

const PHANTOMS: readonly Defect[] = [
  at('an event of before somebody joined', 'phantom', ({ device, index, entry }, good) => {
    const started = placesOf(good).find((one) => numbered(one.entry)?.type === 'started')?.entry
    const isFresh = !device.entries.slice(0, index).some((one) => one.kind === 'ack' || isCall(one, 'ack'))
    if (entry.kind !== 'opened' || device.username === 'alice' || !isFresh || started?.kind !== 'pushed') return null
    return [entry, { ...started, t: entry.t, connection: entry.connection }]
  }),
  at('an event of after somebody left', 'phantom', ({ device, entry }, good) => {
    if (device.username !== 'carol' || entry.kind !== 'settled') return null
    return [{ kind: 'pushed', t: entry.t, connection: lastConnection(device), event: lastEvent(good) }, entry]
  }),
  at('an invitation of somebody else', 'phantom', ({ device, entry }, good) => {
    const notice = placesOf(good).find((one) => one.entry.kind === 'pushed' && one.entry.event.seq === undefined)?.entry
    if (notice?.kind !== 'pushed' || entry.kind !== 'pushed' || device.username !== 'alice') return null
    return [entry, { ...notice, t: entry.t, connection: entry.connection }]
  }),
]

const isRetry = (entry: DeviceEntry | undefined) =>
  isCall(entry, 'send') && 'result' in entry.outcome && entry.outcome.result.duplicate

const isFirst = (entry: DeviceEntry | undefined) =>
  isCall(entry, 'send') && 'result' in entry.outcome && !entry.outcome.result.duplicate

const ONCE: readonly Defect[] = [
  at('a retry that is answered with another seq', 'once', ({ device, index, entry }) => {
    if (!isRetry(entry) || !isFirst(device.entries[index - 1])) return null
    if (!isCall(entry, 'send') || !('result' in entry.outcome)) return null
    return [{ ...entry, outcome: { result: { ...entry.outcome.result, seq: entry.outcome.result.seq - 1 } } }]
  }),
  at('a retry that is answered as new', 'once', ({ device, index, entry }) => {
    if (!isRetry(entry) || !isFirst(device.entries[index - 1])) return null
    if (!isCall(entry, 'send') || !('result' in entry.outcome)) return null
    return [{ ...entry, outcome: { result: { ...entry.outcome.result, duplicate: false } } }]
  }),
  anywhere('a message that is stored twice', 'once', ({ entry }, good) => {
    const event = numbered(entry)
    return event?.type === 'message' && event.from.username !== 'dave' && event.from.username !== 'carol'
      ? appended(good, event)
      : null
  }),
]

const FORGERIES: readonly Defect[] = [
  ...(['inviteeSignature', 'inviterSignature'] as const).map((name) =>
    anywhere(`a membership whose ${name} is that of another`, 'membership', ({ entry }, good) => {
      const event = numbered(entry)
      const other = placesOf(good)
        .flatMap((one) => numbered(one.entry) ?? [])
        .find((one) => one.type === 'joined' && one.seq !== event?.seq)
      if (event?.type !== 'joined' || other?.type !== 'joined') return null
      return everywhere(good, event, { ...event, [name]: other[name] })
    }),
  ),
  anywhere('a membership of other members than the log has', 'membership', ({ entry }, good) => {
    const event = numbered(entry)
    if (event?.type !== 'joined') return null
    return everywhere(good, event, { ...event, confirmationRoster: event.inviterAttachment })
  }),
  anywhere('the departure of somebody who is no member', 'membership', ({ entry, device }, good) => {
    if (entry.kind !== 'settled' || device.username === 'carol') return null
    const { from } = numbered(device.entries.find((one) => numbered(one)?.from.username === 'carol') ?? entry) ?? {}
    return from ? appended(good, { type: 'left', reason: 'left', from }) : null
  }),
]

const PAYLOADS: readonly Defect[] = [
  at('a payload that is changed for one', 'payload', ({ entry }) => {
    if (entry.kind !== 'pushed' || entry.event.type !== 'message') return null
    return [{ ...entry, event: { ...entry.event, payload: `${entry.event.payload} ` } }]
  }),
  anywhere('a payload that is changed for all', 'payload', ({ entry }, good) => {
    if (entry.kind !== 'pushed' || entry.event.type !== 'message') return null
    return everywhere(good, entry.event, { ...entry.event, payload: entry.event.payload.toUpperCase() })
  }),
  anywhere('a message that nobody sent', 'payload', ({ entry }, good) =>
    numbered(entry)?.type === 'message' && isMemberToTheEnd(entry)
      ? appended(good, { ...numbered(entry), messageId: randomUUID() })
      : null,
  ),
]

const isMemberToTheEnd = (entry: DeviceEntry) => ['alice', 'bob'].includes((entry as Pushed).event.from.username)

export const EVENT_DEFECTS: readonly Defect[] = [
  ...LOSSES,
  ...NOTICES,
  ...ORDERS,
  ...PHANTOMS,
  ...ONCE,
  ...FORGERIES,
  ...PAYLOADS,
]
