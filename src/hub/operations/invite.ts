import { randomUUID } from 'node:crypto'
import type { z } from 'zod'
import { HermesError } from '../../errors.js'
import type { InvitedEvent } from '../../wire/events.js'
import type { InvitationId } from '../../wire/formats.js'
import { InviteParams, InviteResult } from '../../wire/operations.js'
import { attachmentDigest } from '../../wire/transcript.js'
import type { Invite } from '../conversation/commands.js'
import { decide } from '../conversation/decide.js'
import { type Decision, refuse, repeat } from '../conversation/decision.js'
import type { Conversation } from '../conversation/state.js'
import type { ConversationQueue } from '../conversation-queue.js'
import type { Task } from '../task.js'
import { type Call, operation, type Reply } from './operation.js'
import { answerOf } from './outcome.js'
import { currentIdentity } from './participants.js'
import { requestConflict, requestHash } from './request.js'
import { submitAsMember } from './submit-as-member.js'
import { withConversation } from './with-conversation.js'

type Params = z.output<typeof InviteParams>
type Result = z.input<typeof InviteResult>

const DAY_MS = 24 * 60 * 60 * 1000

export const invite = operation({
  name: 'invite',
  method: 'invite',
  summary: 'Invite a user',
  description:
    'Pass 1 of three: a challenge for the user, relayed with the certificate of the caller. He is named by username and by the fingerprint of the certificate that the caller holds.',
  params: InviteParams,
  result: InviteResult,
  route: { method: 'POST', path: '/conversations/{conversation}/invitations' },
  errors: [
    'conversation_not_found',
    'user_not_found',
    'certificate_rejected',
    'certificate_mismatch',
    'already_member',
    'invitation_open',
    'conversation_full',
    'request_conflict',
    'quota_exceeded',
  ],
  handle: (call, params, reply) =>
    withConversation(call, params.conversation, reply, (queue) => locked(call, queue, params, reply)),
})

async function locked(call: Call, queue: ConversationQueue, params: Params, reply: Reply<Result>): Promise<void> {
  const { requestId } = params
  const release = requestId ? await call.hub.requests.acquire(call.caller.actor.userId, requestId) : () => {}
  try {
    const task = await taskOf(call, queue, params, (answer) => {
      release()
      reply(answer)
    })
    await submitAsMember(call, queue, task)
  } catch (error) {
    release()
    throw error
  }
}

async function taskOf(call: Call, queue: ConversationQueue, params: Params, reply: Reply<Result>): Promise<Task> {
  const { actor } = call.caller
  const { requestId } = params
  const hash = requestHash('invite', params)
  let first = await firstDecision(call, queue, params, hash)
  const command = first ? null : await commandOf(call, params)
  return {
    origin: call.session,
    request: requestId ? { userId: actor.userId, requestId, hash } : undefined,
    decide: (state) => first ?? decideInvitation(state, actor.username, command),
    recall: async () => {
      first = await firstDecision(call, queue, params, hash)
    },
    done: (outcome) => reply(answerOf(outcome)),
  }
}

/** What a requestId that was used before comes to; null for a new one. */
async function firstDecision(
  call: Call,
  queue: ConversationQueue,
  params: Params,
  hash: string,
): Promise<Decision | null> {
  const { requestId } = params
  if (!requestId) return null
  const first = await call.hub.log.findRequest(call.caller.actor.userId, requestId)
  if (!first) return null
  if (first.hash !== hash) throw requestConflict(requestId)
  const { seq } = first
  const [event] = await call.hub.log.read(queue.id, { after: seq - 1, upTo: seq, limit: 1, maxBytes: 1 })
  if (!event) throw new HermesError('internal', `event ${seq} of conversation ${queue.uuid} is gone`)
  const { invitation, expiresAt, roster, members, rosterSeq } = JSON.parse(event.body) as z.output<typeof InvitedEvent>
  return repeat({ invitation, expiresAt, roster, members, rosterSeq, seq })
}

/** To someone who is no member the conversation does not exist, whomever he names. */
function decideInvitation(state: Conversation, username: string, command: Invite | HermesError | null): Decision {
  if (!command || !state.members.has(username)) return refuse('conversation_not_found')
  if (!(command instanceof HermesError)) return decide(state, command)
  const { code, message, data } = command
  return refuse(code, message, data)
}

/** The command, or why the user that is named cannot be invited by anybody. */
async function commandOf(call: Call, params: Params): Promise<Invite | HermesError> {
  try {
    const { user } = await currentIdentity(call, params.username, params.fingerprint, 'params.fingerprint')
    return inviteOf(call, params, user.id)
  } catch (error) {
    if (error instanceof HermesError && error.status < 500) return error
    throw error
  }
}

function inviteOf({ hub, caller }: Call, params: Params, userId: number): Invite {
  const { username, fingerprint } = params
  const at = hub.now().getTime()
  return {
    type: 'invite',
    at,
    by: caller.actor,
    invitation: randomUUID() as InvitationId,
    invitee: { userId, username, fingerprint },
    certificate: caller.certificatePem,
    challenge: params.challenge,
    expiresAt: `${new Date(at + hub.limits.invitationDays * DAY_MS).toISOString().slice(0, 19)}Z`,
    attachment: params.attachment ?? null,
    attachmentDigest: attachmentDigest(params.attachment),
    membersMax: hub.limits.membersMax,
    invitationsMax: hub.limits.conversationInvitationsMax,
  }
}
