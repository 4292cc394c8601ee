import type { MailboxConversation, Stay } from '../../store/records.js'
import type { ConversationId } from '../../wire/formats.js'

export interface Range {
  /** Exclusive. */
  readonly after: number
  /** Inclusive. */
  readonly upTo: number
}

interface Unacknowledged {
  readonly seq: number
  readonly bytes: number
}

/**
 * One conversation on one connection: what its user may see (stays), what is there (head), what was given
 * (sent) and what was acknowledged. Knows no socket and no store.
 */
export class Feed {
  readonly conversationId: number
  readonly uuid: ConversationId
  #stays: Stay[]
  #head: number
  #sent: number
  #acked: number
  /** Up to here an earlier connection of the device was given everything. */
  #given: number
  readonly #unacknowledged: Unacknowledged[] = []
  /** Messages sent on this connection beyond `sent`. */
  readonly #own = new Set<number>()

  #isPartial: boolean
  /** How often what is known of its stays has changed. */
  #version = 0

  /** `given`: what the device was given on connections before. */
  constructor(mailbox: MailboxConversation, given: number, stays: 'stays are missing' | 'whole' = 'whole') {
    this.#isPartial = stays !== 'whole'
    this.conversationId = mailbox.conversationId
    this.uuid = mailbox.uuid as ConversationId
    this.#stays = [...mailbox.stays]
    this.#head = mailbox.lastSeq
    this.#acked = mailbox.ackedSeq
    this.#sent = mailbox.ackedSeq
    this.#given = Math.max(given, mailbox.ackedSeq)
  }

  get acked(): number {
    return this.#acked
  }

  /** Whether its stays are to be read first, since there may be others than those known here. */
  get isPartial(): boolean {
    return this.#isPartial
  }

  get version(): number {
    return this.#version
  }

  /** There may be others. */
  doubt(): void {
    this.#isPartial = true
    this.#version += 1
  }

  /** Whether he has left, and nothing is to be given or acknowledged any more. */
  get isOver(): boolean {
    return !this.isMember && this.#acked >= this.lastSeq
  }

  /** The seq up to which this connection was given everything. */
  get sent(): number {
    return this.#sent
  }

  /** The seq up to which the device has everything. */
  get given(): number {
    return Math.max(this.#sent, this.#given)
  }

  /** Whether the device had been given `seq` on an earlier connection, or by `history`. */
  wasGiven(seq: number): boolean {
    return seq <= this.#given
  }

  get stays(): readonly Stay[] {
    return this.#stays
  }

  get isMember(): boolean {
    return this.#stays.at(-1)?.toSeq === null
  }

  /** The last event its user may see. */
  get lastSeq(): number {
    return this.#stays.at(-1)?.toSeq ?? this.#head
  }

  sees(seq: number): boolean {
    return this.#stays.some(({ fromSeq, toSeq }) => seq >= fromSeq && seq <= (toSeq ?? Number.POSITIVE_INFINITY))
  }

  /** The next events of the log that may be given and were not: within one stay; null when it is up to date. */
  get next(): Range | null {
    for (const { fromSeq, toSeq } of this.#stays) {
      const upTo = Math.min(toSeq ?? this.#head, this.#head)
      if (upTo > this.#sent) return { after: Math.max(this.#sent, fromSeq - 1), upTo }
    }
    return null
  }

  /** Whether `seq`, just committed, is the very next event, so that it need not be read from the log. */
  isNext(seq: number): boolean {
    if (this.#isPartial) return false
    if (this.#sent === seq - 1) return this.sees(seq)
    const next = this.next
    return next !== null && next.after === seq - 1
  }

  /** Whether `seq` is still to be given: not acknowledged meanwhile. */
  awaits(seq: number): boolean {
    const next = this.next
    return next !== null && seq > next.after && this.sees(seq)
  }

  /** Takes its stays, unless something was heard of them since `version`. */
  complete(mailbox: MailboxConversation | null, version: number): void {
    if (version !== this.#version) return
    this.#isPartial = false
    if (!mailbox) return
    this.#stays = [...mailbox.stays]
    this.advanceHead(mailbox.lastSeq)
    this.acknowledge(mailbox.ackedSeq)
  }

  advanceHead(seq: number): void {
    if (seq > this.#head) this.#head = seq
  }

  beginStay(fromSeq: number): void {
    this.#version += 1
    if (!this.isMember && fromSeq > this.lastStayEnd) this.#stays.push({ fromSeq, toSeq: null })
  }

  get lastStayEnd(): number {
    return this.#stays.at(-1)?.toSeq ?? 0
  }

  endStay(toSeq: number): void {
    this.#version += 1
    const stay = this.#stays.at(-1)
    if (stay?.toSeq === null) this.#stays = [...this.#stays.slice(0, -1), { fromSeq: stay.fromSeq, toSeq }]
  }

  /** It was written: it counts until it is acknowledged. */
  wrote(seq: number, bytes: number): void {
    this.#unacknowledged.push({ seq, bytes })
    this.#pass(seq)
  }

  /** Passes what the log no longer holds before `seq`, and says what that was. */
  bridge(seq: number): { readonly from: number; readonly to: number } | null {
    const next = this.next
    if (!next || next.after + 1 >= seq) return null
    const from = next.after + 1
    const to = Math.min(seq - 1, next.upTo)
    this.#pass(to)
    return { from, to }
  }

  /** This connection's own message, which it is not given: it has the answer. */
  answered(seq: number): void {
    if (this.#sent !== seq - 1) this.#own.add(seq)
    else this.#pass(seq)
  }

  /** Moves the cursor. Returns the bytes of each event that no longer counts. */
  acknowledge(seq: number): readonly number[] {
    if (seq <= this.#acked) return []
    this.#acked = seq
    for (const own of this.#own) if (own <= seq) this.#own.delete(own)
    this.#pass(seq)
    let count = 0
    while ((this.#unacknowledged[count]?.seq ?? Number.POSITIVE_INFINITY) <= seq) count += 1
    return this.#unacknowledged.splice(0, count).map(({ bytes }) => bytes)
  }

  /** `history` gave the events after `after` up to `upTo`, of all stays. */
  gave(after: number, upTo: number): void {
    if (after < this.#firstAfter(this.given) && upTo > this.given) this.#given = upTo
  }

  /** It has everything up to `seq`, and the messages of its own that follow. */
  #pass(seq: number): void {
    this.#sent = Math.max(seq, this.#sent)
    while (this.#own.delete(this.#sent + 1)) this.#sent += 1
  }

  /** The first event beyond `seq` that its user may see, there already or not. */
  #firstAfter(seq: number): number {
    for (const { fromSeq, toSeq } of this.#stays) {
      const first = Math.max(fromSeq, seq + 1)
      if (first <= (toSeq ?? first)) return first
    }
    return Number.POSITIVE_INFINITY
  }
}
