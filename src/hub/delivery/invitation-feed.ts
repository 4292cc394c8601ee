import type { MailboxInvitation } from '../../store/records.js'
import type { InvitationId } from '../../wire/formats.js'

/**
 * An invitation to the user of a connection: two events at most, `invited` and its end, outside the log.
 * Each acknowledgement is of the earliest one given and not acknowledged, so that an end that crosses the
 * acknowledgement of `invited` on its way is not lost.
 */
export class InvitationFeed {
  readonly invitation: InvitationId
  readonly conversationId: number
  readonly #seqs: number[]
  #given: number
  #acked: number

  constructor(mailbox: Omit<MailboxInvitation, 'uuid'>) {
    this.invitation = mailbox.invitation as InvitationId
    this.conversationId = mailbox.conversationId
    this.#seqs = mailbox.endedSeq === null ? [mailbox.invitedSeq] : [mailbox.invitedSeq, mailbox.endedSeq]
    this.#acked = mailbox.acked
    this.#given = mailbox.acked
  }

  /** Seq of the next event to give, or null. */
  get next(): number | null {
    return this.#seqs[this.#given] ?? null
  }

  /** How many of its events were given. */
  get given(): number {
    return this.#given
  }

  get isOutstanding(): boolean {
    return this.#given > this.#acked
  }

  /** Whether its end was acknowledged, so that it can be forgotten. */
  get isOver(): boolean {
    return this.#acked === 2
  }

  end(seq: number): void {
    if (this.#seqs.length === 1) this.#seqs.push(seq)
  }

  gave(): void {
    this.#given += 1
  }

  /** Returns how many of its events are acknowledged now, or null if there was nothing to acknowledge. */
  acknowledge(): 1 | 2 | null {
    if (!this.isOutstanding) return null
    this.#acked += 1
    return this.#acked === 1 ? 1 : 2
  }
}
