import { setTimeout as sleep } from 'node:timers/promises'
import type { Conversation, HermesClient, SentInvitation } from '../../client/index.js'

/** The hub answers sooner, or not at all. */
const PATIENCE_MS = 5000
/** Among the last so many events an acceptance is looked for. */
const EVENTS = 1000

/**
 * Resolves when those who accepted while this device was away are members, so that what is said next reaches them: the
 * client confirms them by itself.
 */
export async function allConfirmed(client: HermesClient): Promise<void> {
  const waiting = client
    .conversations()
    .filter(({ standing, invitations }) => standing === 'member' && invitations.length)
  const accepted = (await Promise.all(waiting.map(acceptedOf))).flat()
  if (accepted.length === 0) return
  const ended = Promise.allSettled(accepted.map((invitation) => invitation.ended()))
  await Promise.race([ended, sleep(PATIENCE_MS, null, { ref: false })])
}

async function acceptedOf(conversation: Conversation): Promise<readonly SentInvitation[]> {
  const events = await conversation.history({ limit: EVENTS })
  const ids = events.flatMap((event) => (event.type === 'accepted' ? [event.invitation as string] : []))
  return conversation.invitations.filter(({ id }) => ids.includes(id))
}
