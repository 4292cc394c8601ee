import type { NumberedEvent } from '../log/apply.js'
import { verify } from '../verification-error.js'
import type { Message } from './arrivals.js'
import type { LogEvent } from './log-event.js'

/** An event is shown the same way each time. Throws VerificationError. */
export function verifySame(known: LogEvent | null, event: NumberedEvent): void {
  if (!known || known.type === 'gap') return
  const isSame = JSON.stringify(known) === JSON.stringify(event)
  verify(isSame, 'event_altered', `event ${event.seq} is shown another way than before`)
}

/** A message of this device is shown as it was sent. Throws VerificationError. */
export function verifyOwnMessage(own: Message, event: LogEvent | null): void {
  if (event?.type === 'gap') return
  const isSame =
    event?.type === 'message' &&
    event.messageId === own.messageId &&
    event.payload === own.payload &&
    event.contentType === own.contentType
  verify(isSame, 'event_altered', `event ${own.seq} is not the message that this device sent as ${own.messageId}`)
}
