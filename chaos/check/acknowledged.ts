import type { DeviceEntry } from '../history/entry.js'
import { getOrSet } from './logs.js'

interface Sent {
  readonly t: number
  /** The highest that was acknowledged until then. */
  seq: number
}

/** What a device acknowledged, whether that was answered or not: from its sending on it may have moved the cursor. */
export class Acknowledged {
  readonly #sent = new Map<string, Sent[]>()

  constructor(entries: readonly DeviceEntry[]) {
    for (const entry of entries) this.#note(entry)
    for (const sent of this.#sent.values()) {
      sent.sort((a, b) => a.t - b.t)
      sent.reduce((highest, one) => (one.seq = Math.max(one.seq, highest)), 0)
    }
  }

  /** The highest seq that was acknowledged by the time `t`; 0 for none. */
  by(conversation: string, t: number): number {
    const sent = this.#sent.get(conversation) ?? []
    let [from, to] = [0, sent.length]
    while (from < to) {
      const middle = (from + to) >> 1
      if ((sent[middle]?.t ?? 0) <= t) from = middle + 1
      else to = middle
    }
    return sent[from - 1]?.seq ?? 0
  }

  #note(entry: DeviceEntry): void {
    if (entry.kind === 'ack') this.#put(entry.conversation, entry.t, entry.seq)
    if (entry.kind !== 'call' || entry.method !== 'ack' || !('seq' in entry.params)) return
    // Other refusals may come of a store that was gone in the middle of a commit.
    if ('refused' in entry.outcome && entry.outcome.refused === 'invalid_request') return
    this.#put(entry.params.conversation, entry.since, entry.params.seq)
  }

  #put(conversation: string, t: number, seq: number): void {
    getOrSet(this.#sent, conversation, () => []).push({ t, seq })
  }
}
