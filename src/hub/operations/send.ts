import type { z } from 'zod'
import type { StoredMessage } from '../../store/records.js'
import { SendParams, SendResult } from '../../wire/operations.js'
import type { KnownMessage } from '../conversation/commands.js'
import { decide } from '../conversation/decide.js'
import type { Task, TaskContext } from '../task.js'
import { type Call, operation, type Reply } from './operation.js'
import { answerOf } from './outcome.js'
import { submitAsMember } from './submit-as-member.js'
import { withConversation } from './with-conversation.js'

type Params = z.output<typeof SendParams>
type Result = z.input<typeof SendResult>

export const send = operation({
  name: 'send',
  method: 'send',
  summary: 'Send a message',
  description:
    'Answered when the message is stored. From then on it reaches every member. Sending the same messageId again returns the first answer and relays nothing.',
  params: SendParams,
  result: SendResult,
  route: { method: 'POST', path: '/conversations/{conversation}/messages' },
  errors: ['conversation_not_found', 'message_conflict', 'epoch_conflict', 'quota_exceeded'],
  handle: (call, params, reply) =>
    withConversation(call, params.conversation, reply, (queue) =>
      submitAsMember(call, queue, taskOf(call, params, reply)),
    ),
})

function taskOf(call: Call, params: Params, reply: Reply<Result>): Task {
  const by = call.caller.actor
  const { messageId, payload, contentType = null, epoch = null } = params
  const at = call.hub.now().getTime()
  // The log refuses a messageId it has: only then is it looked up, so that the first sending pays for no look-up.
  let stored: KnownMessage | null = null
  return {
    origin: call.session,
    decide: (state, context) => {
      const known = stored ?? context.findPending(by.userId, messageId)
      return decide(state, { type: 'send', at, by, messageId, payload, contentType, epoch, known })
    },
    // Of one whose epoch is past it must be known before it is refused.
    mayBeRepeat: epoch !== null,
    recall: async (context, why) => {
      if (why !== 'duplicate' && epoch === null) return
      stored = await findStored(call, context, by.userId, messageId)
    },
    done: (outcome) => reply(answerOf(outcome)),
  }
}

async function findStored({ hub }: Call, { id }: TaskContext, senderId: number, messageId: string) {
  const message = await hub.log.findMessage(id, senderId, messageId)
  return message && knownMessage(message)
}

function knownMessage({ seq, body }: StoredMessage): KnownMessage {
  const { at, payload, contentType } = JSON.parse(body) as { at: string; payload: string; contentType?: string }
  return { seq, at: Date.parse(at), payload, contentType: contentType ?? null }
}
