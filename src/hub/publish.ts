import type { Bus } from '../bus/bus.js'
import type { Committed } from './committed.js'
import { isolate } from './isolate.js'

/** Tells everyone of an event that is in the log. `origin` is the session whose command it was. */
export function publish(bus: Bus, committed: Committed, origin: string | null): void {
  const { conversationId, uuid, seq, event, body, concerned } = committed
  isolate(() => bus.publish({ conversationId, uuid, seq, type: event.type, body, userId: concerned, origin }))
}
