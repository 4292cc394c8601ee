import type { NumberedEvent } from '../log/apply.js'
import type { LogState } from '../log/state.js'
import { verify } from '../verification-error.js'
import type { Journal } from './journal.js'

/**
 * Nobody joins twice by one invitation: its signatures would bring back whoever has left since. One that is not open
 * in `state` was made before this stay, or is used up. Throws VerificationError.
 */
export async function refuseUsed(journal: Journal, state: LogState | null, event: NumberedEvent): Promise<void> {
  if (event.type !== 'joined' || state?.invitations[event.invitation]) return
  await journal.flush()
  const refuse = (isUsed: boolean) =>
    verify(!isUsed, 'membership_forged', `${event.member.username} is said to have joined by an invitation of before`)
  refuse(journal.isForgotten(event.invitation))
  for await (const known of journal.after(0)) refuse(known.type === 'joined' && known.invitation === event.invitation)
}
