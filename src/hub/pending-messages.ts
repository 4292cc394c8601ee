import type { Committed } from './committed.js'
import type { KnownMessage } from './conversation/commands.js'

/** Messages of one conversation that are decided and not yet durable, by sender and messageId. */
export class PendingMessages {
  readonly #messages = new Map<string, KnownMessage>()

  add(committed: readonly Committed[]): void {
    for (const { event, seq } of committed) {
      if (event.type !== 'message') continue
      const { at, payload, contentType } = event
      this.#messages.set(keyOf(event.from.userId, event.messageId), { seq, at, payload, contentType })
    }
  }

  remove(committed: readonly Committed[]): void {
    for (const { event } of committed)
      if (event.type === 'message') this.#messages.delete(keyOf(event.from.userId, event.messageId))
  }

  find(senderId: number, messageId: string): KnownMessage | null {
    return this.#messages.get(keyOf(senderId, messageId)) ?? null
  }
}

function keyOf(senderId: number, messageId: string): string {
  return `${messageId}${senderId}`
}
