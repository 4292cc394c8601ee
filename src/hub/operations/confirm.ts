import type { z } from 'zod'
import { HermesError } from '../../errors.js'
import { encodePem } from '../../pki/pem.js'
import type { InvitedEvent, Party } from '../../wire/events.js'
import { ConfirmParams, SeqResult } from '../../wire/operations.js'
import { attachmentDigest } from '../../wire/transcript.js'
import type { Confirm, RosterProof } from '../conversation/commands.js'
import { decide } from '../conversation/decide.js'
import { rosterOf } from '../conversation/roster.js'
import type { Invitation } from '../conversation/state.js'
import type { ConversationQueue } from '../conversation-queue.js'
import type { Outcome } from '../task.js'
import { provesConfirmation } from './invitation-proof.js'
import { type Call, operation, type Reply } from './operation.js'
import { answerOf } from './outcome.js'
import { settleInvitation } from './settle-invitation.js'
import { type FoundInvitation, findInvitation } from './with-conversation.js'

type Params = z.output<typeof ConfirmParams>
type Result = z.input<typeof SeqResult>

export const confirm = operation({
  name: 'confirm',
  method: 'confirm',
  summary: 'Confirm an invitation',
  description:
    'Pass 3 of three: the inviter signs the transcript with the members as they are now, and the invitee becomes a member.',
  params: ConfirmParams,
  result: SeqResult,
  route: { method: 'POST', path: '/invitations/{invitation}/confirm' },
  errors: [
    'invitation_not_found',
    'certificate_mismatch',
    'invitation_state',
    'invitation_expired',
    'invalid_signature',
    'roster_changed',
    'epoch_conflict',
    'quota_exceeded',
  ],
  handle: async (call, params, reply) => {
    const found = await findInvitation(call, params.invitation)
    if (found?.invitation.inviter.username !== call.caller.actor.username)
      return reply({ error: new HermesError('invitation_not_found') })
    await settleInvitation(call, found.queue, found.invitation, found.invitation.invitee)
    await submit(call, found, await evidenceFor(call, found), params, reply)
  },
})

type Evidence = Pick<Confirm, 'inviterCertificate' | 'memberCertificate' | 'invitedMembers'>

/** What `joined` shows beside the signatures, for whoever verifies it later. */
async function evidenceFor(call: Call, { queue, invitation }: FoundInvitation): Promise<Evidence> {
  const member = await call.hub.identities.findByFingerprint(invitation.invitee.fingerprint)
  if (!member) throw new HermesError('internal', `the certificate of invitation ${invitation.id} is gone`)
  return {
    inviterCertificate: call.caller.certificatePem,
    memberCertificate: encodePem('CERTIFICATE', member.certificate.der),
    invitedMembers: await invitedMembers(call, queue, invitation),
  }
}

async function invitedMembers(
  { hub }: Call,
  queue: ConversationQueue,
  { id, invitedSeq }: Invitation,
): Promise<readonly Party[]> {
  const page = { after: invitedSeq - 1, upTo: invitedSeq, limit: 1, maxBytes: 1 }
  const [event] = await hub.log.read(queue.id, page)
  if (!event) throw new HermesError('internal', `event ${invitedSeq} of invitation ${id} is gone`)
  const { members } = JSON.parse(event.body) as z.output<typeof InvitedEvent>
  return members
}

/** Verifies against the members as they are, and again should they change before it is decided. */
async function submit(
  call: Call,
  found: FoundInvitation,
  evidence: Evidence,
  params: Params,
  reply: Reply<Result>,
): Promise<void> {
  const { queue, invitation } = found
  const proof = await proofOf(call, found, params)
  const { signature, attachment = null, commit = null, epoch = null } = params
  const command: Confirm = {
    type: 'confirm',
    at: call.hub.now().getTime(),
    by: call.caller.actor,
    invitation: invitation.id,
    signature,
    attachment,
    attachmentDigest: attachmentDigest(attachment),
    commit,
    commitDigest: attachmentDigest(commit),
    epoch,
    proof,
    ...evidence,
  }
  const done = (outcome: Outcome) => {
    if (!isStale(outcome)) return reply(answerOf(outcome))
    submit(call, found, evidence, params, reply).catch((error: unknown) => {
      reply({ error: error instanceof HermesError ? error : new HermesError('internal', undefined, { cause: error }) })
    })
  }
  queue.submit({ origin: call.session, decide: (state) => decide(state, command), done })
}

function isStale(outcome: Outcome): boolean {
  return 'refusal' in outcome && outcome.refusal.code === 'stale_proof'
}

async function proofOf(
  call: Call,
  { queue, invitation: { id } }: FoundInvitation,
  params: Params,
): Promise<RosterProof> {
  const state = queue.state
  const invitation = state?.invitations.get(id)
  if (!state || !invitation) throw new HermesError('invitation_not_found')
  const roster = rosterOf(state)
  const { acceptance } = invitation
  if (!acceptance) return { roster, good: false }
  const { signature, attachment, commit } = params
  const digests = { attachment: attachmentDigest(attachment), commit: attachmentDigest(commit) }
  const confirmation = { signature, ...digests }
  return { roster, good: await provesConfirmation(call, state, { ...invitation, acceptance }, roster, confirmation) }
}
