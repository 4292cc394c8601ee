import { LRUCache } from 'lru-cache'
import type { Session } from './session.js'

/** Devices without a connection whose place is remembered, so that they may acknowledge what they were given. */
const REMEMBERED_DEVICES = 10_000

/** What a device was given on connections before and has not acknowledged. */
export interface Given {
  /** By conversation: the seq up to which it has everything. */
  readonly seqs: ReadonlyMap<number, number>
  /** By invitation: how many of its two events. */
  readonly invitations: ReadonlyMap<string, number>
}

const NOTHING: Given = { seqs: new Map(), invitations: new Map() }

/** What devices were given, of those that this process knew lately. */
export class GivenToDevices {
  readonly #given = new LRUCache<number, Given>({ maxSize: REMEMBERED_DEVICES, sizeCalculation: () => 1 })

  of(deviceId: number): Given {
    return this.#given.get(deviceId) ?? NOTHING
  }

  /** A device was given the events of a conversation up to `seq` outside a connection. */
  note(deviceId: number, conversationId: number, seq: number): void {
    const { seqs, invitations } = this.of(deviceId)
    const further = Math.max(seq, seqs.get(conversationId) ?? 0)
    this.#given.set(deviceId, { seqs: new Map(seqs).set(conversationId, further), invitations })
  }

  /** The connection of a device is over. */
  keep({ options, feeds, invitations }: Session): void {
    const unacknowledged = [...feeds].filter((feed) => feed.given > feed.acked)
    const seqs = new Map(unacknowledged.map((feed) => [feed.conversationId, feed.given]))
    const given = { seqs, invitations: invitations.given }
    if (given.seqs.size + given.invitations.size > 0) this.#given.set(options.device.id, given)
    else this.#given.delete(options.device.id)
  }
}
