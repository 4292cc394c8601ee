import { v7 as createMessageId } from 'uuid'
import type { Party } from '../../wire/events.js'
import type { FingerprintChange } from '../contacts.js'
import type { Ledger } from './ledger.js'
import type { Live } from './live.js'
import type { LogEvent } from './log-event.js'
import type { ReadEvent } from './opener.js'
import { type Sent, say } from './say.js'
import type { InviteOptions } from './sent.js'
import type { SentInvitation } from './sent-invitation.js'
import type { Signal } from './signal-post.js'

export interface EventsOptions {
  /** Exclusive; 0 for all. Absent: where the last such loop of this device stopped. */
  readonly after?: number
  /** Ends the loop when it is aborted. */
  readonly signal?: AbortSignal
}

export interface HistoryOptions {
  /** Exclusive; the end when absent. */
  readonly before?: number
  /** 100 when absent. */
  readonly limit?: number
}

export interface SendOptions {
  /** UUID; a fresh one when absent. The same again is stored once. */
  readonly messageId?: string
  /** 1 to 127 printable ASCII characters, for the receivers. */
  readonly contentType?: string
  /** Refuses unless the counter of the conversation is this, and raises it by one. */
  readonly epoch?: number
  /** True: rejects where it cannot be sealed for everybody; false: the hub can read it; absent: as `isSealed` says. */
  readonly sealed?: boolean
}

const PAGE = 100

/** A conversation as this device knows it: every event in it was verified here, and is on this disk. */
export class Conversation {
  readonly id: string
  readonly #ledger: Ledger
  readonly #live: Live

  /** @internal */
  constructor(ledger: Ledger, live: Live) {
    this.id = ledger.conversation
    this.#ledger = ledger
    this.#live = live
  }

  /** Those who are in it after `lastSeq`, by name. */
  get members(): readonly Party[] {
    return this.#ledger.members
  }

  /** `left` once this user has left. */
  get standing(): 'member' | 'left' {
    return this.#ledger.state?.standing ?? 'left'
  }

  /**
   * Whether what is said here is sealed, so that members alone can read it: all of them, two at least, have told a key
   * for it by now. It stays so: where somebody comes without one, `send` rejects until it is told `sealed: false`.
   */
  get isSealed(): boolean {
    return this.#ledger.state?.isSealed ?? false
  }

  /**
   * Names of members whose clients told no key, so that nothing can be sealed for all.
   *
   * @example
   * if (conversation.isSealed && conversation.keyless.length > 0) console.log(`${conversation.keyless} cannot open it`)
   */
  get keyless(): readonly string[] {
    const { members = {}, sealing = {} } = this.#ledger.state ?? {}
    return Object.keys(members).filter((username) => !Object.hasOwn(sealing, username))
  }

  /** Number of the last event that this device has. */
  get lastSeq(): number {
    return this.#ledger.lastSeq
  }

  /**
   * Those in it whose key is another than the one remembered, and was not trusted: let people compare before anything
   * is said to them.
   *
   * @example
   * for (const { username, current } of conversation.changes) console.log(`compare ${current} with ${username} first`)
   */
  get changes(): readonly FingerprintChange[] {
    return this.#live.home.contacts.pending(this.members)
  }

  /**
   * The events, then those that come, one's own messages included. Without `after` the loop goes on where the last
   * such loop of this device stopped, also when the program was killed: an event counts as taken when the next one is
   * asked for, so the last may come twice, and none is left out. Reads from the disk: a slow loop costs no memory.
   * Ends when this user has left, when `signal` is aborted, and with `close`.
   *
   * Throws VerificationError when the hub showed what does not hold: what comes after it is not taken.
   *
   * @example
   * for await (const event of conversation.events()) {
   *   if (event.type === 'message') console.log(event.from.username, event.payload)
   *   if (event.type === 'message') break
   * }
   */
  async *events({ after, signal }: EventsOptions = {}): AsyncGenerator<ReadEvent, void> {
    const { changes, journal } = this.#ledger
    signal?.addEventListener('abort', () => changes.ring(), { once: true })
    for (let seq = after ?? this.#ledger.taken; ; ) {
      const changed = changes.next
      for await (const event of journal.after(seq)) {
        yield await this.#read(event)
        seq = event.seq
        if (after === undefined) this.#ledger.took(seq)
      }
      if (this.#ledger.failure) throw this.#ledger.failure
      if (signal?.aborted || this.#live.isClosed || (this.standing === 'left' && seq >= this.lastSeq)) return
      await changed
    }
  }

  /**
   * What is told and never stored, as that somebody is typing, from now on. Of more than 256 that wait for the loop
   * the oldest are forgotten. Ends when `signal` is aborted, and with `close`.
   *
   * @example
   * const stop = AbortSignal.timeout(100)
   * for await (const { from, payload } of conversation.signals({ signal: stop })) console.log(from.username, payload)
   */
  signals({ signal }: Pick<EventsOptions, 'signal'> = {}): AsyncIterableIterator<Signal, undefined> {
    return this.#live.signalsOf(this.id).read(signal)
  }

  /**
   * A page of what this device has, oldest first: the last `limit` events before `before`. Asks nothing of the
   * network.
   *
   * @example
   * const page = await conversation.history({ limit: 20 })
   * const earlier = await conversation.history({ before: page[0]?.seq, limit: 20 })
   * console.log(earlier.length + page.length)
   */
  async history({
    before = Number.POSITIVE_INFINITY,
    limit = PAGE,
  }: HistoryOptions = {}): Promise<readonly ReadEvent[]> {
    const page = await this.#ledger.journal.before(before, limit)
    return Promise.all(page.map((event) => this.#read(event)))
  }

  /**
   * Sends a message, at most 64 KiB of UTF-8, and less where it is sealed. Resolves when the hub has stored it: from
   * then on it reaches every member. While there is no connection it waits for the next; it is stored once, however
   * often it is sent.
   *
   * Rejects with Refusal, such as `invalid_request` for one that is too long or `conversation_not_found` for whoever
   * has left; with ClientError `not_connected`, `link_ended`, `cannot_seal`, `key_doubted` or `message_unfit`; with the
   * VerificationError that `events` throws. When the program ends first, it is not known whether it was stored: send it
   * again with the same `messageId`.
   *
   * @example
   * const { seq, at } = await conversation.send('hello')
   * console.log(`stored as number ${seq} at ${at}`)
   */
  send(payload: string, { messageId = createMessageId(), ...more }: SendOptions = {}): Promise<Sent> {
    return say(this.#live, this.#ledger, { messageId, payload, ...more })
  }

  /**
   * Tells those who are connected now, at most 8 KiB; it is never stored. False: there was no connection, and it was
   * not told.
   *
   * Rejects with Refusal.
   *
   * @example
   * await conversation.signal('typing')
   */
  signal(payload: string, { contentType }: Pick<SendOptions, 'contentType'> = {}): Promise<boolean> {
    return this.#live.signal({ conversation: this.id, payload, ...(contentType !== undefined && { contentType }) })
  }

  /** Invitations of this device that are open. */
  get invitations(): readonly SentInvitation[] {
    return this.#live.sent.of(this.id)
  }

  /**
   * Invites somebody, under the certificate that `people.fetch` verifies. When he accepts, this client verifies his
   * signature and confirms by itself, now or when it runs again, and he is a member.
   *
   * Rejects as `people.fetch` does, so with FingerprintChangedError when he has another key than the one remembered;
   * with Refusal, such as `already_member` or `invitation_open`; with VerificationError when the hub shows another
   * invitation than this one; with ClientError `not_connected` or `link_ended`.
   *
   * @example
   * const sent = await conversation.invite('carol')
   * console.log(`carol is invited under ${sent.fingerprint} until ${sent.expiresAt}`)
   */
  async invite(username: string, options: InviteOptions = {}): Promise<SentInvitation> {
    if (this.#ledger.failure) throw this.#ledger.failure
    const { fingerprint } = await this.#live.people.fetch(username)
    return this.#live.sent.invite(this.id, username, fingerprint, options)
  }

  /**
   * Leaves. What this device has stays on its disk.
   *
   * Rejects with Refusal; with ClientError `not_connected` or `link_ended`.
   *
   * @example
   * await conversation.leave('good night')
   */
  async leave(reason?: string): Promise<void> {
    const { seq } = await this.#live.link.call('leave', {
      conversation: this.id,
      ...(reason !== undefined && { reason }),
    })
    await this.#live.reached(this.id, seq)
  }

  #read(event: LogEvent): Promise<ReadEvent> {
    return this.#live.opener.open(event, this.#ledger)
  }
}
