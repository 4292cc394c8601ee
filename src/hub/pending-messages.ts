import type { Committed } from './committed.js'
import type { KnownMessage } from './conversation/commands.js'

interface Pending extends KnownMessage {
  readonly senderId: number
}

/** Messages of one conversation that are decided and not yet durable, by messageId and sender. */
export class PendingMessages {
  /** Almost always one for each messageId; two senders may choose the same. */
  readonly #messages = new Map<string, readonly Pending[]>()

  add(committed: readonly Committed[]): void {
    for (const { event, seq } of committed) {
      if (event.type !== 'message') continue
      const { at, payload, contentType, messageId, from } = event
      const pending = { seq, at, payload, contentType, senderId: from.userId }
      const others = this.#messages.get(messageId)
      this.#messages.set(messageId, others ? [...others, pending] : [pending])
    }
  }

  remove(committed: readonly Committed[]): void {
    for (const { event, seq } of committed) {
      if (event.type !== 'message') continue
      const others = this.#messages.get(event.messageId)?.filter((pending) => pending.seq !== seq) ?? []
      if (others.length === 0) this.#messages.delete(event.messageId)
      else this.#messages.set(event.messageId, others)
    }
  }

  find(senderId: number, messageId: string): KnownMessage | null {
    return this.#messages.get(messageId)?.find((pending) => pending.senderId === senderId) ?? null
  }
}
