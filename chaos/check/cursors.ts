import type { CallOf, DeviceEntry } from '../history/entry.js'
import type { DeviceHistory, History } from '../history/history.js'
import { Acknowledged } from './acknowledged.js'
import { getOrSet, isInStay, type Logs } from './logs.js'
import { isNumbered, observationsOf } from './observations.js'
import { type Violation, violation } from './violation.js'

/** A cursor never goes back, is never before what was confirmed, and never beyond what was acknowledged. */
export function findCursorFaults({ devices }: History, logs: Logs): readonly Violation[] {
  return devices.flatMap((device) => new Cursors(device, logs).violations())
}

/** A seq, and when it was certain. */
interface Known {
  readonly seq: number
  readonly t: number
}

class Cursors {
  readonly #device: DeviceHistory
  readonly #logs: Logs
  readonly #acknowledged: Acknowledged
  /** Conversation → answers to `ack`, and what `conversations` told; seq only grows. */
  readonly #confirmed = new Map<string, Known[]>()
  /** Connection → when it was asked for. */
  readonly #since = new Map<number, number>()
  readonly #found: Violation[] = []

  constructor(device: DeviceHistory, logs: Logs) {
    this.#device = device
    this.#logs = logs
    this.#acknowledged = new Acknowledged(device.entries)
  }

  violations(): readonly Violation[] {
    for (const entry of this.#device.entries) this.#take(entry)
    return this.#found
  }

  #take(entry: DeviceEntry): void {
    if (entry.kind === 'opened') this.#since.set(entry.connection, entry.since)
    for (const { event, how } of observationsOf(entry))
      if (how === 'given' && isNumbered(event))
        this.#expectUnacknowledged(event.conversation, event.seq, this.#began(entry))
    if (entry.kind !== 'call' || !('result' in entry.outcome)) return
    if (entry.method === 'ack' && 'seq' in entry.params)
      this.#confirm(entry.params.conversation, entry.params.seq, entry.t)
    if (entry.method === 'conversations') this.#compare(entry, entry.outcome.result.conversations)
  }

  /** When the server began to give: a connection is given what was not acknowledged when it was opened. */
  #began(entry: DeviceEntry): number {
    if (entry.kind === 'pushed') return this.#since.get(entry.connection) ?? 0
    return entry.kind === 'call' ? entry.since : entry.t
  }

  #expectUnacknowledged(conversation: string, seq: number, began: number): void {
    const confirmed = this.#confirmedBefore(conversation, began)
    if (seq <= confirmed) this.#report(conversation, `${seq} came again, though ${confirmed} was acknowledged before`)
  }

  #compare({ since, t }: CallOf<'conversations'>, rows: readonly { conversation: string; ackedSeq: number }[]): void {
    for (const { conversation, ackedSeq } of rows) {
      const confirmed = this.#confirmedBefore(conversation, since)
      const sent = this.#acknowledged.by(conversation, t)
      if (ackedSeq < confirmed) this.#report(conversation, `the cursor is at ${ackedSeq}, after ${confirmed}`)
      if (this.#isAnySeen(conversation, sent, ackedSeq))
        this.#report(conversation, `the cursor is at ${ackedSeq}, and only ${sent} was acknowledged`)
      this.#confirm(conversation, ackedSeq, t)
    }
  }

  /** Whether there is anything for this user after `from`, up to `to`. */
  #isAnySeen(conversation: string, from: number, to: number): boolean {
    const stays = this.#logs.get(conversation)?.stays.get(this.#device.username)
    for (let seq = from + 1; seq <= to; seq += 1) if (isInStay(stays, seq)) return true
    return false
  }

  #confirmedBefore(conversation: string, t: number): number {
    return this.#confirmedOf(conversation).findLast((known) => known.t < t)?.seq ?? 0
  }

  #confirm(conversation: string, seq: number, t: number): void {
    const confirmed = this.#confirmedOf(conversation)
    if (seq > (confirmed.at(-1)?.seq ?? 0)) confirmed.push({ seq, t })
  }

  #confirmedOf(conversation: string): Known[] {
    return getOrSet(this.#confirmed, conversation, () => [])
  }

  #report(conversation: string, what: string): void {
    const { username, device } = this.#device
    this.#found.push(violation('cursor', `${username}/${device} in ${conversation}: ${what}`))
  }
}
