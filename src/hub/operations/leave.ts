import { LeaveParams, SeqResult } from '../../wire/operations.js'
import { decide } from '../conversation/decide.js'
import { operation } from './operation.js'
import { answerOf } from './outcome.js'
import { submitAsMember } from './submit-as-member.js'
import { withConversation } from './with-conversation.js'

export const leave = operation({
  name: 'leave',
  method: 'leave',
  summary: 'Leave a conversation',
  description:
    'Ends the stay of the caller and the invitations he made. Repeated, it answers with the end of his last stay.',
  params: LeaveParams,
  result: SeqResult,
  route: { method: 'POST', path: '/conversations/{conversation}/leave' },
  errors: ['conversation_not_found'],
  handle: (call, params, reply) =>
    withConversation(call, params.conversation, reply, (queue) =>
      submitAsMember(call, queue, {
        origin: call.session,
        decide: (state) =>
          decide(state, {
            type: 'leave',
            at: call.hub.now().getTime(),
            by: call.caller.actor,
            text: params.reason ?? null,
          }),
        done: (outcome) => reply(answerOf(outcome)),
      }),
    ),
})
