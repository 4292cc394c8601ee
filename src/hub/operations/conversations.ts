import { HermesError } from '../../errors.js'
import { ConversationsParams, ConversationsResult } from '../../wire/operations.js'
import { operation } from './operation.js'

export const conversations = operation({
  name: 'conversations',
  method: 'conversations',
  summary: 'List conversations',
  description:
    'The conversations the caller is, was or is invited to be a member of, in the order they were made, with the cursor of this device.',
  params: ConversationsParams,
  result: ConversationsResult,
  route: { method: 'GET', path: '/conversations' },
  errors: ['conversation_not_found', 'quota_exceeded'],
  handle: async ({ hub, caller }, { after, limit }, reply) => {
    const device = await hub.devices.open(caller.actor.userId, caller.actor.device)
    await hub.turns.take(caller.actor.userId)
    const rows = await hub.log.listConversations(device, after ?? null, limit + 1)
    if (!rows) throw new HermesError('conversation_not_found', `params.after: there is no conversation ${after}`)
    reply({ result: { conversations: rows.slice(0, limit), more: rows.length > limit } })
  },
})
