import { HermesError } from '../../errors.js'
import { encodePem } from '../../pki/pem.js'
import { MembersParams, MembersResult } from '../../wire/operations.js'
import { memberList } from '../conversation/roster.js'
import { memberStatus } from '../standing.js'
import { type Call, operation } from './operation.js'
import { withConversation } from './with-conversation.js'

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
      const joined = queue.committed?.members
      if (!joined?.has(call.caller.actor.username)) throw new HermesError('conversation_not_found')
      const rows = memberList(joined).filter(({ username }) => username > after)
      const page = await Promise.all(rows.slice(0, limit).map((party) => withStatus(call, party)))
      reply({ result: { members: page, more: rows.length > limit } })
    }),
})

async function withStatus({ hub }: Call, party: { readonly username: string; readonly fingerprint: string }) {
  const record = await hub.identities.findByFingerprint(party.fingerprint)
  if (!record) throw new HermesError('internal', `the certificate of ${party.username} is gone`)
  const certificate = encodePem('CERTIFICATE', record.certificate.der)
  return { ...party, certificate, status: memberStatus(record, hub.now().getTime()) }
}
