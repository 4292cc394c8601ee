import type { z } from 'zod'
import { HermesError } from '../../errors.js'
import { Empty, EndInvitationParams, SeqResult } from '../../wire/operations.js'
import { decide } from '../conversation/decide.js'
import { isOverdue } from '../conversation/invitation-rules.js'
import { isOpen } from '../conversation/state.js'
import { type Call, operation, type Reply } from './operation.js'
import { answerOf } from './outcome.js'
import { submitByServer } from './settle-invitation.js'
import { findInvitation } from './with-conversation.js'

type Params = z.output<typeof EndInvitationParams>

const errors = ['invitation_not_found', 'certificate_mismatch', 'invitation_state', 'invitation_expired'] as const

export const decline = operation({
  name: 'decline',
  method: 'decline',
  summary: 'Decline an invitation',
  description: 'The invitee ends it.',
  params: EndInvitationParams,
  result: Empty,
  route: { method: 'POST', path: '/invitations/{invitation}/decline' },
  errors,
  handle: (call, params, reply) => end(call, 'decline', params, reply),
})

export const cancel = operation({
  name: 'cancel',
  method: 'cancel',
  summary: 'Cancel an invitation',
  description: 'The inviter ends it.',
  params: EndInvitationParams,
  result: SeqResult,
  route: { method: 'POST', path: '/invitations/{invitation}/cancel' },
  errors,
  handle: (call, params, reply) => end(call, 'cancel', params, reply),
})

async function end(call: Call, type: 'decline' | 'cancel', params: Params, reply: Reply<never>): Promise<void> {
  const found = await findInvitation(call, params.invitation)
  if (!found) return reply({ error: new HermesError('invitation_not_found') })
  const { queue, invitation } = found
  const at = call.hub.now().getTime()
  if (isOpen(invitation) && isOverdue(invitation, at))
    submitByServer(queue, { type: 'expire', at, invitation: invitation.id })
  const reason = params.reason ?? null
  queue.submit({
    origin: call.session,
    decide: (state) => decide(state, { type, at, by: call.caller.actor, invitation: invitation.id, reason }),
    done: (outcome) => reply(answerOf(outcome)),
  })
}
