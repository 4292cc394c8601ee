const DAY_MS = 24 * 3600 * 1000

/** Events with which users fill the database at will; every other kind ends something, and must always be possible. */
const CHARGED: ReadonlySet<string> = new Set(['message', 'started', 'invited', 'accepted', 'joined'])

interface ChargedEvent {
  readonly senderId: number
  /** Milliseconds since the epoch of Unix. */
  readonly at: number
  readonly type: string
  readonly body: string
}

interface Charged {
  readonly events: readonly ChargedEvent[]
}

/** What appends take of each sender's quota of bytes. */
export function chargesOf(appends: readonly Charged[]): ReadonlyMap<number, number> {
  const bytes = new Map<number, number>()
  for (const { events } of appends)
    for (const event of events)
      if (CHARGED.has(event.type)) bytes.set(event.senderId, (bytes.get(event.senderId) ?? 0) + bytesOf(event))
  return bytes
}

/** Bytes that come back on a day, since nothing will remove the event. */
export interface DayCharge {
  /** Since the epoch of Unix. */
  readonly day: number
  readonly userId: number
  readonly bytes: number
}

/** Which of an append's bytes come back by the calendar. */
export function dayChargesOf({ events }: Charged): readonly DayCharge[] {
  return events
    .filter(({ type }) => type !== 'message' && CHARGED.has(type))
    .map((event) => ({ day: dayOf(event.at), userId: event.senderId, bytes: bytesOf(event) }))
}

export const dayOf = (at: number) => Math.floor(at / DAY_MS)

const bytesOf = ({ body }: ChargedEvent) => Buffer.byteLength(body)
