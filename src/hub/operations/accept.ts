import type { z } from 'zod'
import { HermesError } from '../../errors.js'
import { AcceptParams, Empty } from '../../wire/operations.js'
import { attachmentDigest } from '../../wire/transcript.js'
import { decide } from '../conversation/decide.js'
import { provesAcceptance } from './invitation-proof.js'
import { type Call, operation, type Reply } from './operation.js'
import { answerOf } from './outcome.js'
import { settleInvitation } from './settle-invitation.js'
import { type FoundInvitation, findInvitation } from './with-conversation.js'

type Params = z.output<typeof AcceptParams>

export const accept = operation({
  name: 'accept',
  method: 'accept',
  summary: 'Accept an invitation',
  description:
    'Pass 2 of three: the invitee signs the transcript, with a challenge of his own. The hub verifies before it relays.',
  params: AcceptParams,
  result: Empty,
  route: { method: 'POST', path: '/invitations/{invitation}/accept' },
  errors: [
    'invitation_not_found',
    'certificate_mismatch',
    'invitation_state',
    'invitation_expired',
    'invalid_signature',
    'quota_exceeded',
  ],
  handle: async (call, params, reply) => {
    const found = await findInvitation(call, params.invitation)
    if (found?.invitation.invitee.username !== call.caller.actor.username)
      return reply({ error: new HermesError('invitation_not_found') })
    await submit(call, found, params, reply)
  },
})

async function submit(
  call: Call,
  { queue, invitation }: FoundInvitation,
  params: Params,
  reply: Reply<z.input<typeof Empty>>,
) {
  const { actor, certificatePem } = call.caller
  const { challenge, signature, attachment = null } = params
  const digest = attachmentDigest(attachment)
  await settleInvitation(call, queue, invitation, invitation.inviter)
  if (!queue.state) throw new HermesError('internal')
  const proven = await provesAcceptance(call, queue.state, invitation, { challenge, signature, attachment: digest })
  const at = call.hub.now().getTime()
  queue.submit({
    origin: call.session,
    decide: (state) =>
      decide(state, {
        type: 'accept',
        at,
        by: actor,
        invitation: invitation.id,
        certificate: certificatePem,
        challenge,
        signature,
        attachment,
        attachmentDigest: digest,
        proven,
      }),
    done: (outcome) => reply(answerOf(outcome)),
  })
}
