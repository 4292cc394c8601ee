import { Empty, SignalParams } from '../../wire/operations.js'
import { refuse, repeat } from '../conversation/decision.js'
import { operation } from './operation.js'
import { answerOf } from './outcome.js'
import { submitAsMember } from './submit-as-member.js'
import { withConversation } from './with-conversation.js'

export const signal = operation({
  name: 'signal',
  method: 'signal',
  summary: 'Send a passing signal',
  description: 'Reaches the members who are connected now; never stored, and dropped where a receiver is behind.',
  params: SignalParams,
  result: Empty,
  route: { method: 'POST', path: '/conversations/{conversation}/signals' },
  errors: ['conversation_not_found'],
  handle: (call, { conversation, payload, contentType }, reply) => {
    const { username, fingerprint, device } = call.caller.actor
    const from = { username, fingerprint, device }
    const body = JSON.stringify({ conversation, from, at: call.hub.now().toISOString(), payload, contentType })
    return withConversation(call, conversation, reply, (queue) =>
      // It takes its place in the line, so that it overtakes nothing that was sent before it.
      submitAsMember(call, queue, {
        origin: call.session,
        isPassing: true,
        decide: ({ members }) => (members.has(username) ? repeat({}) : refuse('conversation_not_found')),
        done: (outcome) => {
          const answer = answerOf<Record<string, never>>(outcome)
          if ('result' in answer)
            call.hub.bus.signal({ conversationId: queue.id, body, origin: call.session?.id ?? null })
          reply(answer)
        },
      }),
    )
  },
})
