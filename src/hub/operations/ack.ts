import type { z } from 'zod'
import { HermesError } from '../../errors.js'
import type { DeviceRecord, Notice } from '../../store/records.js'
import type { Sender } from '../../wire/events.js'
import { HISTORY_BYTES_MAX } from '../../wire/limits.js'
import { AckConversationParams, AckInvitationParams, AckParams, Empty } from '../../wire/operations.js'
import { Feed } from '../delivery/feed.js'
import { type Call, operation, type Reply } from './operation.js'

type Result = z.input<typeof Empty>
type ConversationParams = z.output<typeof AckConversationParams>
type InvitationParams = z.output<typeof AckInvitationParams>

/** Own messages that one acknowledgement may pass over. */
const OWN_MAX = 256

const conversationErrors = ['conversation_not_found', 'quota_exceeded'] as const
const invitationErrors = ['invitation_not_found', 'quota_exceeded'] as const

export const ack = operation({
  name: 'ack',
  method: 'ack',
  summary: 'Acknowledge events',
  description: 'Moves the cursor of this device in a conversation, or acknowledges an event of an invitation.',
  params: AckParams,
  result: Empty,
  route: null,
  errors: [...conversationErrors, ...invitationErrors],
  handle: (call, params, reply) =>
    'invitation' in params ? ackInvitation(call, params, reply) : ackConversation(call, params, reply),
})

export const acknowledgeConversation = operation({
  name: 'acknowledgeConversation',
  method: null,
  summary: 'Acknowledge the events of a conversation',
  description:
    'Moves the cursor of this device: everything up to `seq` is not given to it again. A lower one does nothing.',
  params: AckConversationParams,
  result: Empty,
  route: { method: 'POST', path: '/conversations/{conversation}/ack' },
  errors: conversationErrors,
  handle: ackConversation,
})

export const acknowledgeInvitation = operation({
  name: 'acknowledgeInvitation',
  method: null,
  summary: 'Acknowledge an invitation',
  description: 'Acknowledges the earliest event of the invitation that this device was given: `invited`, then its end.',
  params: AckInvitationParams,
  result: Empty,
  route: { method: 'POST', path: '/invitations/{invitation}/ack' },
  errors: invitationErrors,
  handle: ackInvitation,
})

function ackConversation(call: Call, params: ConversationParams, reply: Reply<Result>): void | Promise<void> {
  const feed = call.session?.feeds.find(params.conversation)
  if (call.session && feed && params.seq <= feed.given)
    return call.session.acknowledge(feed, params.seq, doneWith(reply))
  return ackElsewhere(call, params, reply)
}

function doneWith(reply: Reply<Result>) {
  return (failure: HermesError | null) => reply(failure ? { error: failure } : { result: {} })
}

/** By REST, or beyond what this connection was given: an earlier one may have been given it. */
async function ackElsewhere(
  call: Call,
  { conversation, seq }: ConversationParams,
  reply: Reply<Result>,
): Promise<void> {
  const { hub } = call
  const device = await hub.devices.open(call.caller.actor.userId, call.caller.actor.device)
  const session = call.session ?? hub.delivery.sessionOf(device.id)
  const feed = session?.feeds.find(conversation) ?? (await feedFor(call, device, conversation))
  if (!feed) throw new HermesError('conversation_not_found')
  if (!(await mayAcknowledge(call, feed, seq)))
    throw new HermesError('invalid_request', `params.seq: this device was given the events up to ${feed.given} only`)
  if (session && session.feeds.find(conversation) === feed) return session.acknowledge(feed, seq, doneWith(reply))
  hub.log.acknowledge(device.id, feed.conversationId, Math.max(seq, feed.acked), doneWith(reply))
}

/**
 * Given in this process, or perhaps by the one before or by another; or its own messages, sent without a connection.
 */
async function mayAcknowledge(call: Call, feed: Feed, seq: number): Promise<boolean> {
  if (seq <= feed.given) return true
  if (seq > feed.lastSeq) return false
  // Another node may have given it to an earlier connection.
  if (call.hub.bus.isShared) return true
  return (await call.hub.log.wasStoredBefore(feed.conversationId, seq)) || (await areOwn(call, feed, seq))
}

/** Whether all that the device lacks up to `seq` are its own messages: it has the answers. */
async function areOwn({ hub, caller }: Call, { conversationId, given }: Feed, seq: number): Promise<boolean> {
  const count = seq - given
  if (count > OWN_MAX) return false
  // Acknowledgements are free of the rate, and this may read a lot.
  await hub.turns.take(caller.actor.userId)
  const page = { after: given, upTo: seq, limit: count, maxBytes: HISTORY_BYTES_MAX }
  const events = await hub.log.read(conversationId, page)
  const { username, device } = caller.actor
  return (
    events.length === count &&
    events.every(({ type, body }) => {
      if (type !== 'message') return false
      const { from } = JSON.parse(body) as { readonly from: Sender }
      return from.username === username && from.device === device
    })
  )
}

async function feedFor({ hub }: Call, device: DeviceRecord, uuid: string): Promise<Feed | null> {
  const mailbox = await hub.log.openMailboxConversation(device, uuid)
  return mailbox && new Feed(mailbox, hub.delivery.givenTo(device.id).seqs.get(mailbox.conversationId) ?? 0)
}

async function ackInvitation(call: Call, { invitation }: InvitationParams, reply: Reply<Result>): Promise<void> {
  const { hub, caller } = call
  const device = await hub.devices.open(caller.actor.userId, caller.actor.device)
  const session = call.session ?? hub.delivery.sessionOf(device.id)
  if (session?.acknowledgeInvitation(invitation, doneWith(reply))) return
  const notices = await hub.log.readNoticesOf(device, invitation)
  if (!notices) throw new HermesError('invitation_not_found')
  const [earliest] = notices
  if (earliest && !session) return acknowledgeGiven(call, device.id, earliest, reply)
  reply({ result: {} }) // He joined by it, or this device acknowledged its end, or was given nothing of it yet.
}

/** Without a connection: whoever names an invitation knows of it, but of its end only if it was given to him. */
function acknowledgeGiven({ hub }: Call, deviceId: number, { invitation, place }: Notice, reply: Reply<Result>): void {
  const given = hub.delivery.givenTo(deviceId).invitations.get(invitation) ?? 1
  if (place > given) return reply({ result: {} })
  hub.log.acknowledgeInvitation(deviceId, invitation, place, doneWith(reply))
}
