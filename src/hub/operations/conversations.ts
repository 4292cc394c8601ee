import type { z } from 'zod'
import type { Mailbox, MailboxConversation } from '../../store/records.js'
import { ConversationsParams, ConversationsResult } from '../../wire/operations.js'
import { operation } from './operation.js'

type Row = z.input<typeof ConversationsResult>['conversations'][number]

export const conversations = operation({
  name: 'conversations',
  method: 'conversations',
  summary: 'List conversations',
  description:
    'The conversations the caller is, was or is invited to be a member of, by id, with the cursor of this device.',
  params: ConversationsParams,
  result: ConversationsResult,
  route: { method: 'GET', path: '/conversations' },
  errors: ['quota_exceeded'],
  handle: async ({ hub, caller }, { after = '', limit }, reply) => {
    const device = await hub.devices.open(caller.actor.userId, caller.actor.device)
    await hub.turns.take(caller.actor.userId)
    const rows = rowsOf(await hub.log.openMailbox(device)).filter(({ conversation }) => conversation > after)
    reply({ result: { conversations: rows.slice(0, limit), more: rows.length > limit } })
  },
})

function rowsOf({ conversations, invitations }: Mailbox): readonly Row[] {
  const rows = new Map(conversations.map((one) => [one.uuid, rowOf(one)]))
  for (const { uuid, endedSeq } of invitations) {
    if (endedSeq !== null || rows.get(uuid)?.status === 'member') continue
    const { lastSeq = 0, ackedSeq = 0 } = rows.get(uuid) ?? {}
    rows.set(uuid, { conversation: uuid, status: 'invited', lastSeq, ackedSeq })
  }
  return [...rows.values()].sort((a, b) => (a.conversation < b.conversation ? -1 : 1))
}

/** Someone who has left learns of nothing after his last stay. */
function rowOf({ uuid, lastSeq, ackedSeq, stays }: MailboxConversation): Row {
  const end = stays.at(-1)?.toSeq ?? null
  const status = end === null ? 'member' : 'left'
  return { conversation: uuid, status, lastSeq: end ?? lastSeq, ackedSeq }
}
