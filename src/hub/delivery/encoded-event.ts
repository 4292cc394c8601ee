import { viewForInvitee, viewsOf } from '../encoding.js'

interface EncodedViews {
  readonly recipient: string
  readonly theirs: EncodedEvent
  readonly others: EncodedEvent
}

/** An event as one or more receivers see it. The WebSocket frame is made once for all of them, on first use. */
export class EncodedEvent {
  readonly seq: number
  /** JSON text. */
  readonly body: string
  #frame: Buffer | null = null
  /** Null: everybody may see all of it; undefined: not looked at yet. */
  #views: EncodedViews | null | undefined

  constructor(seq: number, body: string) {
    this.seq = seq
    this.body = body
  }

  get bytes(): number {
    return this.frame.length
  }

  get frame(): Buffer {
    this.#frame ??= Buffer.from(`{"jsonrpc":"2.0","method":"event","params":${this.body}}`)
    return this.#frame
  }

  /** What `username` may see of an event of the log. */
  viewFor(username: string, type: string): EncodedEvent {
    if (this.#views === undefined) this.#views = this.#split(type)
    if (!this.#views) return this
    const { recipient, theirs, others } = this.#views
    return username === recipient ? theirs : others
  }

  #split(type: string): EncodedViews | null {
    const views = viewsOf(type, this.body)
    if (!views) return null
    const { recipient, theirs, others } = views
    return { recipient, theirs: new EncodedEvent(this.seq, theirs), others: new EncodedEvent(this.seq, others) }
  }

  /** What an invitee sees, outside the log. */
  viewForInvitee(username: string, type: string): EncodedEvent {
    return new EncodedEvent(this.seq, viewForInvitee(username, type, this.body))
  }
}
