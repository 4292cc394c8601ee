import { viewFor, viewForInvitee } from '../encoding.js'

/** An event as one or more receivers see it. The WebSocket frame is made once for all of them, on first use. */
export class EncodedEvent {
  readonly seq: number
  /** JSON text. */
  readonly body: string
  #frame: Buffer | null = null

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
    const body = viewFor(username, type, this.body)
    return body === this.body ? this : new EncodedEvent(this.seq, body)
  }

  /** What an invitee sees, outside the log. */
  viewForInvitee(username: string, type: string): EncodedEvent {
    return new EncodedEvent(this.seq, viewForInvitee(username, type, this.body))
  }
}
