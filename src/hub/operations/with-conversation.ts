import { type ErrorCode, HermesError } from '../../errors.js'
import type { ConversationId, InvitationId } from '../../wire/formats.js'
import type { Invitation } from '../conversation/state.js'
import type { ConversationQueue } from '../conversation-queue.js'
import { holds } from './holds.js'
import type { Call, Reply } from './operation.js'

type Use = (queue: ConversationQueue) => void | Promise<void>

/** Calls `use` with the queue of a conversation: at once if it is loaded. Refuses with 404 where there is none. */
export function withConversation(
  call: Call,
  uuid: ConversationId,
  reply: Reply<never>,
  use: Use,
  notFound: ErrorCode = 'conversation_not_found',
): void | Promise<void> {
  const loaded = call.hub.conversations.peek(uuid)
  if (loaded) return use(loaded)
  return call.hub.conversations.open(uuid).then((queue) => {
    if (queue) return use(queue)
    return reply({ error: new HermesError(notFound) })
  })
}

export interface FoundInvitation {
  readonly queue: ConversationQueue
  readonly invitation: Invitation
}

/** An invitation and the queue of its conversation; null if there is none. */
export async function findInvitation({ hub }: Call, id: InvitationId): Promise<FoundInvitation | null> {
  const uuid = await hub.log.findConversationOfInvitation(id)
  if (!uuid) return null
  const queue = await hub.conversations.open(uuid as ConversationId)
  if (!queue || !(await holds(queue, ({ invitations }) => invitations.get(id) !== undefined))) return null
  const invitation = queue.state?.invitations.get(id)
  return invitation ? { queue, invitation } : null
}
