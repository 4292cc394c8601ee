import type { Event } from '../../../src/hub/conversation/events.js'
import { emptyConversation, evolve } from '../../../src/hub/conversation/evolve.js'
import { type Conversation, isClosed } from '../../../src/hub/conversation/state.js'
import type { StoredEvent } from '../../../src/store/records.js'
import type { ConversationId } from '../../../src/wire/formats.js'

interface Named {
  readonly username: string
  readonly fingerprint: string
}

interface Body {
  readonly seq: number
  readonly at: string
  readonly from: Named
  readonly invitee?: Named
  readonly inviter?: Named
  readonly member?: Named
  readonly invitation?: string
  readonly messageId?: string
  readonly reason?: string
}

export interface Decoding {
  readonly userId: (username: string) => number
  /** Whether a message or an invitation raised the epoch: the log does not say. */
  readonly raises: (id: string) => boolean
}

/** An event from its text in the log, as far as the state of a conversation goes. */
function decode({ type, body }: StoredEvent, { userId, raises }: Decoding): Event {
  const { at, from, ...fields } = JSON.parse(body) as Body
  const party = (named: Named) => ({ ...named, userId: userId(named.username) })
  const { invitee, inviter, member, reason = null, messageId, invitation } = fields
  const event = {
    ...fields,
    type,
    at: Date.parse(at),
    from: party(from),
    reason,
    raisesEpoch: raises(messageId ?? invitation ?? ''),
    ...(invitee && { invitee: party(invitee) }),
    ...(inviter && { inviter: party(inviter) }),
    ...(member && { member: party(member) }),
  }
  return event as unknown as Event
}

/** The state after events of the log, from `before` on. */
export function rebuild(
  uuid: string,
  events: readonly StoredEvent[],
  decoding: Decoding,
  before: Conversation = emptyConversation(uuid as ConversationId),
): Conversation {
  return events.reduce((state, event) => {
    if (event.seq !== state.lastSeq + 1) throw new Error(`${uuid} has ${event.seq} after ${state.lastSeq}`)
    return evolve(state, decode(event, decoding))
  }, before)
}

/** A state without what says nothing: the order of rows, and how they lie in memory. */
export function plain(state: Conversation) {
  const { lastSeq, epoch, members, former } = state
  return { lastSeq, epoch, members, former, invitations: new Map(state.invitations), closed: isClosed(state) }
}
