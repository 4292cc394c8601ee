import { HermesError } from '../../errors.js'
import type { DeviceRecord, MailboxConversation, StoredEvent } from '../../store/records.js'
import { HISTORY_BYTES_MAX } from '../../wire/limits.js'
import { HistoryParams, HistoryResult } from '../../wire/operations.js'
import { Feed } from '../delivery/feed.js'
import { viewFor } from '../encoding.js'
import { type Call, operation } from './operation.js'

export const history = operation({
  name: 'history',
  method: 'history',
  summary: 'Read events',
  description: 'Events of the stays of the caller after `after`, in order; at most `limit` and 1 MiB.',
  params: HistoryParams,
  result: HistoryResult,
  route: { method: 'GET', path: '/conversations/{conversation}/events' },
  errors: ['conversation_not_found', 'quota_exceeded'],
  handle: async (call, { conversation, after, limit }, reply) => {
    const { hub, caller } = call
    const device = await hub.devices.open(caller.actor.userId, caller.actor.device)
    await hub.turns.take(caller.actor.userId)
    const mailbox = await hub.log.openMailboxConversation(device, conversation)
    if (!mailbox) throw new HermesError('conversation_not_found')
    const page = await read(call, mailbox, after, limit)
    const last = page.at(-1)?.seq
    if (last !== undefined) gave(call, device, mailbox, after, last)
    const lastSeq = mailbox.stays.at(-1)?.toSeq ?? mailbox.lastSeq
    const events = page.map(({ type, body }) => viewFor(caller.actor.username, type, body)).join(',')
    const more = isMoreAfter(mailbox, last ?? after) && page.length > 0
    reply({ text: `{"events":[${events}],"lastSeq":${lastSeq},"more":${more}}` })
  },
})

/** Reads on from stay to stay until the page is full. */
async function read(
  { hub }: Call,
  mailbox: MailboxConversation,
  after: number,
  limit: number,
): Promise<readonly StoredEvent[]> {
  const events: StoredEvent[] = []
  let room = HISTORY_BYTES_MAX
  for (const { fromSeq, toSeq } of mailbox.stays) {
    const from = Math.max(after, fromSeq - 1)
    const upTo = Math.min(toSeq ?? mailbox.lastSeq, mailbox.lastSeq)
    if (from >= upTo || events.length >= limit || room <= 0) continue
    const page = await hub.log.read(mailbox.conversationId, {
      after: from,
      upTo,
      limit: limit - events.length,
      maxBytes: room,
    })
    const bytes = page.reduce((sum, { body }) => sum + Buffer.byteLength(body), 0)
    // The log reads one event at least; beside others it must fit too.
    if (events.length > 0 && bytes > room) break
    events.push(...page)
    room -= bytes
    if ((page.at(-1)?.seq ?? upTo) < upTo) break
  }
  return events
}

function isMoreAfter({ stays, lastSeq }: MailboxConversation, seq: number): boolean {
  return stays.some(({ toSeq }) => Math.min(toSeq ?? lastSeq, lastSeq) > seq)
}

/** What a device read here without a hole it may acknowledge. */
function gave(
  { hub: { delivery } }: Call,
  device: DeviceRecord,
  mailbox: MailboxConversation,
  after: number,
  upTo: number,
): void {
  const { conversationId } = mailbox
  const live = delivery.sessionOf(device.id)?.feeds.get(conversationId)
  if (live) return live.gave(after, upTo)
  const feed = new Feed(mailbox, delivery.givenTo(device.id).seqs.get(conversationId) ?? 0)
  feed.gave(after, upTo)
  delivery.remember(device.id, conversationId, feed.given)
}
