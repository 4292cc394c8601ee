import type { Pin } from '../certificates.js'
import type { Confirmation, VerifiedAcceptance } from '../inviter.js'
import { attachmentOf, isStatedBy, type SealingStatement, statementsOf } from './statement.js'

type Attachments = Pick<Confirmation, 'attachment' | 'commit'>

/**
 * What the inviter adds to his confirmation, so that all can seal for all: to the new member the keys of the others, and
 * to everybody that of the new member. Nothing, where he told none, or where a program adds something else.
 */
export async function sealingConfirmation(
  pin: Pin,
  { invitee, attachment }: Pick<VerifiedAcceptance, 'invitee' | 'attachment'>,
  known: Readonly<Record<string, SealingStatement>>,
  { attachment: other, commit }: Attachments,
): Promise<Attachments> {
  const said = statementsOf(attachment).find(({ username }) => username === invitee.username)
  if (other !== undefined || commit !== undefined || !said) return {}
  if (!(await isStatedBy(invitee.publicKey, pin, said))) return {}
  const others = Object.values(known).map(({ username, key, signature }) => ({ username, key, signature }))
  return { attachment: attachmentOf(others), commit: attachmentOf([said]) }
}
