import type { Connection } from '../hub-client.js'
import type { NumberedEvent } from '../log/apply.js'
import { Refusal } from '../refusal.js'
import { VerificationError } from '../verification-error.js'
import { passesAfterMs } from './remedy.js'

const EVENTS_MAX = 500

/** The next events after `after` as the hub keeps them. Throws VerificationError when it does not show them. */
export async function historyPage(
  hub: Connection,
  conversation: string,
  after: number,
): Promise<readonly NumberedEvent[]> {
  try {
    const { events } = await hub.call('history', { conversation, after, limit: EVENTS_MAX })
    return events.filter((event): event is NumberedEvent => event.seq !== undefined)
  } catch (cause) {
    if (!(cause instanceof Refusal) || passesAfterMs(cause) !== null) throw cause
    throw new VerificationError('event_missing', `the hub does not show its own log: ${cause.message}`, { cause })
  }
}
