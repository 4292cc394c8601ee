import type { Committed } from './committed.js'
import { isolate } from './isolate.js'
import type { HubServices } from './services.js'

/** Tells everyone of an event that is in the log. `origin` is the session whose command it was. */
export function publish(
  { bus, meter }: Pick<HubServices, 'bus' | 'meter'>,
  committed: Committed,
  origin: string | null,
): void {
  const { conversationId, uuid, seq, event, body, concerned } = committed
  meter.committed(event.type)
  const invitation = 'invitation' in event ? event.invitation : null
  const isPlain = event.type === 'message' && !event.raisesEpoch
  const wake = { conversationId, uuid, seq, type: event.type, body, invitation, isPlain, userId: concerned, origin }
  isolate(() => bus.publish(wake))
}
