import { RSS_BYTES_MAX } from '../../../chaos/check/processes.js'
import type { DeviceEntry } from '../../../chaos/history/entry.js'
import type { DeviceHistory, History } from '../../../chaos/history/history.js'
import { anywhere, at, type Defect, isCall, lastEvent, numbered, placesOf, withEntries } from './plant.js'

const isFinal = (device: DeviceHistory, index: number) => device.entries[index + 1]?.kind === 'settled'

function listed(
  entry: DeviceEntry,
  change: { readonly ackedSeq?: number; readonly lastSeq?: number },
): readonly DeviceEntry[] | null {
  if (!isCall(entry, 'conversations') || !('result' in entry.outcome)) return null
  const conversations = entry.outcome.result.conversations.map((row) => ({ ...row, ...change }))
  return [{ ...entry, outcome: { result: { conversations, more: false } } }]
}

const CURSORS: readonly Defect[] = [
  at('a cursor that is told to be before what was acknowledged', 'cursor', ({ device, index, entry }) =>
    isFinal(device, index) ? null : listed(entry, { ackedSeq: 1 }),
  ),
  at('a cursor beyond what was acknowledged', 'cursor', ({ device, entry }, good) =>
    device.username === 'carol' ? null : listed(entry, { ackedSeq: lastEvent(good).seq + 1, lastSeq: 0 }),
  ),
  at('what was acknowledged, given again', 'cursor', ({ device, index, entry }) => {
    const acked = device.entries.slice(0, index).findLast((one) => isCall(one, 'ack'))
    const given = device.entries.slice(0, index).findLast((one) => numbered(one) && acked && one.t < acked.t)
    if (entry.kind !== 'opened' || given?.kind !== 'pushed') return null
    return [entry, { ...given, t: entry.t, connection: entry.connection }]
  }),
  anywhere('what was not acknowledged, not given again', 'cursor', ({ device, index, entry }, good) => {
    const event = numbered(entry)
    const next = device.entries[index + 1]
    const isAgain = device.entries.slice(0, index).some((one) => numbered(one)?.seq === event?.seq)
    if (!event || !isAgain || !next || !numbered(next)) return null
    return withEntries(good, device, device.entries.toSpliced(index, 1))
  }),
]

/** Of whoever revoked his certificate: what he would get if that did nothing. */
function afterRevocation(
  { device, entry }: { readonly device: DeviceHistory; readonly entry: DeviceEntry },
  good: History,
): readonly DeviceEntry[] | null {
  if (device.username !== 'dave' || entry.kind !== 'closed') return null
  const last = Math.max(...device.entries.map((one) => numbered(one)?.seq ?? 0))
  const events = placesOf(good).flatMap((one) => numbered(one.entry) ?? [])
  const missed = new Map(events.filter(({ seq }) => seq > last + 1).map((event) => [event.seq, event]))
  const inOrder = [...missed.values()].sort((a, b) => a.seq - b.seq)
  return [
    ...inOrder.map((event) => ({ kind: 'pushed', t: entry.t, connection: entry.connection, event }) as const),
    entry,
  ]
}

const LATE_MS = 60_000

function late(place: { readonly device: DeviceHistory; readonly entry: DeviceEntry }): readonly DeviceEntry[] | null {
  const { device, entry } = place
  const sent = device.entries.find((one) => isCall(one, 'conversations') || isCall(one, 'send'))
  if (device.username !== 'dave' || entry.kind !== 'closed' || sent?.kind !== 'call') return null
  const since = entry.t + LATE_MS
  const whoami = { ...sent, since, t: since, method: 'signal', params: {}, outcome: { result: {} } } as DeviceEntry
  return [entry, whoami]
}

const REVOCATIONS: readonly Defect[] = [
  at('what was sent after a revocation, given to its certificate', 'revocation', afterRevocation),
  at('a call under a revoked certificate', 'revocation', late),
  at('a connection under a revoked certificate', 'revocation', ({ device, entry }) => {
    if (device.username !== 'dave' || entry.kind !== 'closed') return null
    const opened = device.entries.find(({ kind }) => kind === 'opened')
    const t = entry.t + LATE_MS
    return opened?.kind === 'opened' ? [entry, { ...opened, t, since: t, connection: 99 }] : null
  }),
]

const isLast = ({ entries }: DeviceHistory, index: number) =>
  !entries.slice(index + 1).some(({ kind }) => kind === 'opened')

const CONNECTIONS: readonly Defect[] = [
  at('an earlier connection that lives on', 'connections', ({ device, entry }) =>
    entry.kind === 'closed' && device.username !== 'dave' ? [] : null,
  ),
  at('the newest connection, closed', 'connections', ({ device, index, entry }) =>
    entry.kind === 'opened' && device.username !== 'dave' && isLast(device, index)
      ? [entry, { kind: 'closed', t: entry.t, connection: entry.connection, code: 4505 }]
      : null,
  ),
]

const BACKLOGS: readonly Defect[] = [
  at('a backlog that stays', 'backlog', ({ device, index, entry }, good) =>
    isFinal(device, index) ? listed(entry, { lastSeq: lastEvent(good).seq + 1 }) : null,
  ),
  at('a device that is never told where it stands', 'backlog', ({ device, index, entry }) =>
    isFinal(device, index) && isCall(entry, 'conversations') && device.device !== 'phone' ? [] : null,
  ),
]

const PROCESSES: readonly Defect[] = [
  {
    what: 'a process that grows',
    rule: 'memory',
    plant: (good) => [
      () => ({ ...good, run: [...good.run, { kind: 'memory', t: 1, server: 'hub', rss: RSS_BYTES_MAX + 1 }] }),
    ],
  },
  at('a fault of the server itself', 'failure', ({ entry }) =>
    isCall(entry, 'leave') ? [{ ...entry, outcome: { refused: 'internal' } }] : null,
  ),
  at('an answer of another shape', 'failure', ({ entry }) =>
    isCall(entry, 'leave') ? [{ ...entry, outcome: { wrong: 'no seq' } }] : null,
  ),
]

export const STANDING_DEFECTS: readonly Defect[] = [
  ...CURSORS,
  ...REVOCATIONS,
  ...CONNECTIONS,
  ...BACKLOGS,
  ...PROCESSES,
]
