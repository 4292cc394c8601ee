import type { z } from 'zod'
import { HermesError } from '../../errors.js'
import { encodePem } from '../../pki/pem.js'
import type { Party } from '../../wire/events.js'
import { MembersParams, MembersResult } from '../../wire/operations.js'
import { memberList } from '../conversation/roster.js'
import { memberStatus } from '../standing.js'
import { holds } from './holds.js'
import { type Call, operation } from './operation.js'
import { withConversation } from './with-conversation.js'

/** Looked up before others have their turn: about a millisecond. */
const PIECE = 16

export const members = operation({
  name: 'members',
  method: 'members',
  summary: 'List the members of a conversation',
  description: 'Joined members by username, each under the certificate that the log knows, with the status of it.',
  params: MembersParams,
  result: MembersResult,
  route: { method: 'GET', path: '/conversations/{conversation}/members' },
  errors: ['conversation_not_found'],
  handle: (call, { conversation, after = '', limit }, reply) =>
    withConversation(call, conversation, reply, async (queue) => {
      const { username } = call.caller.actor
      if (!(await holds(queue, ({ members }) => members.has(username)))) throw new HermesError('conversation_not_found')
      const joined = queue.committed?.members ?? new Map()
      const rows = memberList(joined).filter(({ username }) => username > after)
      reply({ result: { members: await withStatuses(call, rows.slice(0, limit)), more: rows.length > limit } })
    }),
})

type Member = z.input<typeof MembersResult>['members'][number]

async function withStatuses(call: Call, parties: readonly Party[]): Promise<Member[]> {
  const page: Member[] = []
  for (const [index, party] of parties.entries()) {
    if (index % PIECE === 0) await call.hub.turns.take(call.caller.actor.userId)
    page.push(await withStatus(call, party))
  }
  return page
}

async function withStatus({ hub }: Call, party: Party): Promise<Member> {
  const record = await hub.identities.findByFingerprint(party.fingerprint)
  if (!record) throw new HermesError('internal', `the certificate of ${party.username} is gone`)
  const certificate = encodePem('CERTIFICATE', record.certificate.der)
  return { ...party, certificate, status: memberStatus(record, hub.now().getTime()) }
}
