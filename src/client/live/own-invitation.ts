import type { z } from 'zod'
import type { InvitedEvent } from '../../wire/events.js'
import { verify } from '../verification-error.js'
import type { SentRecord } from './invitation-files.js'
import type { LogEvent } from './log-event.js'

interface Answered {
  readonly params: SentRecord['params']
  readonly answer: NonNullable<SentRecord['answer']>
}

/** Everybody is shown the invitation that this side made, and no other. Throws VerificationError. */
export function verifyOwnInvitation({ params, answer }: Answered, event: LogEvent | null): void {
  const shown: Partial<z.output<typeof InvitedEvent>> = event?.type === 'invited' ? event : {}
  const isIt =
    shown.invitation === answer.invitation &&
    shown.challenge === params.challenge &&
    shown.expiresAt === answer.expiresAt &&
    shown.roster === answer.roster &&
    shown.invitee?.username === params.username &&
    shown.invitee.fingerprint === params.fingerprint
  verify(isIt, 'event_altered', `event ${answer.seq} is not the invitation that this device made`)
}
