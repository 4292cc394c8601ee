import { HermesError } from '../../errors.js'
import { Empty, SignalParams } from '../../wire/operations.js'
import { operation } from './operation.js'
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
  handle: (call, params, reply) =>
    withConversation(call, params.conversation, reply, (queue) => {
      const { username, fingerprint, device } = call.caller.actor
      if (!queue.committed?.members.has(username)) return reply({ error: new HermesError('conversation_not_found') })
      const { conversation, payload, contentType } = params
      const from = { username, fingerprint, device }
      const body = JSON.stringify({ conversation, from, at: call.hub.now().toISOString(), payload, contentType })
      call.hub.bus.signal({ conversationId: queue.id, body, origin: call.session?.options.id ?? null })
      reply({ result: {} })
    }),
})
