import type { Committed } from './committed.js'
import { isolate } from './isolate.js'
import type { HubServices } from './services.js'

export interface PublishedBy {
  /** The session whose command it was. */
  readonly origin: string | null
  /** More of the same commit follows. */
  readonly isMore: boolean
}

/** Tells everyone of an event that is in the log. */
export function publish(
  { bus, meter }: Pick<HubServices, 'bus' | 'meter'>,
  committed: Committed,
  { origin, isMore }: PublishedBy,
): void {
  const { conversationId, uuid, seq, event, body, concerned } = committed
  meter.committed(event.type)
  const invitation = 'invitation' in event ? event.invitation : null
  const isPlain = event.type === 'message' && !event.raisesEpoch
  const { type } = event
  const wake = { conversationId, uuid, seq, type, body, invitation, isPlain, isMore, userId: concerned, origin }
  isolate(() => bus.publish(wake))
}
