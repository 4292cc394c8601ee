import type { CallOf, DeviceEntry } from '../history/entry.js'
import type { DeviceHistory, History } from '../history/history.js'
import { Acknowledged } from './acknowledged.js'
import { gapsTold, getOrSet, type Log, type Logs, type Stay } from './logs.js'
import { isNumbered, type Observation, observationsOf } from './observations.js'
import { type Rule, type Violation, violation } from './violation.js'

/**
 * Every device gets every event of its user's stays, or a gap that covers it; each connection gets what was not
 * acknowledged, in order, once.
 */
export function findLosses({ devices }: History, logs: Logs): readonly Violation[] {
  return devices.flatMap((device) => new Delivery(device, logs).violations())
}

interface Skipped {
  readonly seq: number
  readonly line: Line
  /** What was acknowledged then. */
  readonly after: number
  /** Whether the device had it from elsewhere. */
  readonly isKnown: boolean
}

/** A conversation on one connection. */
interface Line {
  /** The last seq that was given. */
  last: number
  /** What came after it. */
  readonly late: Set<number>
  /** Own messages that were answered, and therefore are not given. */
  readonly own: Set<number>
}

/** What a device has of one conversation. */
interface Shelf {
  readonly received: Set<number>
  /** What should have been given before what was. */
  readonly skipped: Skipped[]
  /** The last seq that was given. */
  last: number
  readonly lines: Map<number | null, Line>
}

class Delivery {
  readonly #device: DeviceHistory
  readonly #logs: Logs
  readonly #acknowledged: Acknowledged
  readonly #shelves = new Map<string, Shelf>()
  readonly #found: Violation[] = []
  #isSettled = false

  constructor(device: DeviceHistory, logs: Logs) {
    this.#device = device
    this.#logs = logs
    this.#acknowledged = new Acknowledged(device.entries)
  }

  violations(): readonly Violation[] {
    for (const entry of this.#device.entries) this.#take(entry)
    for (const log of this.#logs.values()) this.#complete(log)
    return this.#found
  }

  #take(entry: DeviceEntry): void {
    // A poll is a connection of its own, and begins where the cursor is.
    if (entry.kind === 'call' && entry.method === 'events')
      for (const { lines } of this.#shelves.values()) lines.delete(null)
    for (const observation of observationsOf(entry)) this.#observe(observation)
    if (entry.kind === 'settled') this.#isSettled = true
    for (const gap of gapsTold(entry)) this.#receiveGap(gap)
    if (entry.kind !== 'call' || !('result' in entry.outcome)) return
    if (entry.method === 'send') this.#receiveAnswer(entry, entry.outcome.result.seq)
    if (entry.method === 'history') this.#expectWhole(entry.params, entry.outcome.result.events)
  }

  #receiveGap({ conversation, from, to }: { conversation: string; from: number; to: number }): void {
    const { received } = this.#shelf(conversation)
    for (let seq = from; seq <= to; seq += 1) received.add(seq)
  }

  /** Whoever sends has the answer, and does not get his message on that connection. */
  #receiveAnswer({ params, connection }: CallOf<'send'>, seq: number): void {
    const shelf = this.#shelf(params.conversation)
    shelf.received.add(seq)
    if (connection !== null) lineOf(shelf, connection).own.add(seq)
  }

  #observe({ event, connection, how, t }: Observation): void {
    if (!isNumbered(event)) return
    const { conversation, seq } = event
    const shelf = this.#shelf(conversation)
    shelf.received.add(seq)
    if (how === 'read') return
    const line = lineOf(shelf, connection)
    if (seq <= line.last) {
      line.late.add(seq)
      this.#report('order', conversation, seq, `came after ${line.last} on the same connection`)
    }
    this.#expectAllBefore(conversation, seq, line, this.#acknowledged.by(conversation, t))
    line.last = Math.max(line.last, seq)
    shelf.last = Math.max(shelf.last, seq)
  }

  #expectAllBefore(conversation: string, seq: number, line: Line, after: number): void {
    const { received, skipped } = this.#shelf(conversation)
    for (const before of this.#seen(conversation, Math.max(line.last, after) + 1, seq - 1))
      if (!line.own.has(before) && !this.#isGap(conversation, before))
        skipped.push({ seq: before, line, after, isKnown: received.has(before) })
  }

  /** A page of `history` has no holes. */
  #expectWhole({ conversation, after }: { conversation: string; after: number }, events: readonly object[]): void {
    const seqs = new Set(events.map((event) => ('seq' in event ? event.seq : undefined)))
    const last = Number(events.length > 0 && [...seqs].at(-1))
    for (const seq of this.#seen(conversation, after + 1, last))
      if (!seqs.has(seq) && !this.#isGap(conversation, seq))
        this.#report('loss', conversation, seq, 'is missing in a page of history')
  }

  /** What never came is lost, what came too late is out of order, what did not come again has vanished. */
  #complete({ conversation, last }: Log): void {
    const { received, skipped, ...shelf } = this.#shelf(conversation)
    for (const { seq, line, after, isKnown } of skipped)
      if (isKnown && !line.late.has(seq))
        this.#report('cursor', conversation, seq, `was not given again, and only ${after} was acknowledged`)
      else if (received.has(seq)) this.#report('order', conversation, seq, 'came after what follows it')
    for (const seq of this.#seen(conversation, 1, this.#isSettled ? last : shelf.last))
      if (!received.has(seq)) this.#report('loss', conversation, seq, 'never came')
  }

  #isGap(conversation: string, seq: number): boolean {
    return this.#logs.get(conversation)?.gaps.has(seq) ?? false
  }

  /** The seqs of the user's stays, both ends included. */
  *#seen(conversation: string, from: number, upTo: number): Generator<number> {
    const stays: readonly Stay[] = this.#logs.get(conversation)?.stays.get(this.#device.username) ?? []
    for (const stay of stays)
      for (let seq = Math.max(from, stay.from); seq <= Math.min(upTo, stay.to); seq += 1) yield seq
  }

  #shelf(conversation: string): Shelf {
    return getOrSet(this.#shelves, conversation, () => ({
      received: new Set<number>(),
      skipped: [],
      last: 0,
      lines: new Map<number | null, Line>(),
    }))
  }

  #report(rule: Rule, conversation: string, seq: number, what: string): void {
    const { username, device } = this.#device
    this.#found.push(violation(rule, `${username}/${device}: ${seq} of ${conversation} ${what}`))
  }
}

function lineOf({ lines }: Shelf, connection: number | null): Line {
  return getOrSet(lines, connection, () => ({ last: 0, late: new Set<number>(), own: new Set<number>() }))
}
