import type { z } from 'zod'
import { CONFIRM_ATTACHMENT_CHARACTERS } from '../../wire/limits.js'
import type { Pin } from '../certificates.js'
import type { Confirmation, VerifiedAcceptance } from '../inviter.js'
import { attachmentOf, isStatedBy, type ToldStatement, toldIn } from './statement.js'

type Attachments = Pick<Confirmation, 'attachment' | 'commit'>

/** What the inviter knows of the members: their statements, and whether what is said is sealed. */
export interface Known {
  readonly sealing: readonly z.input<typeof ToldStatement>[]
  readonly isSealed: boolean
}

/**
 * What the inviter adds to his confirmation, so that all can seal for all: to the new member the keys of the others,
 * and to everybody that of the new member. Nothing, where he told none, or where a program adds something else. Where
 * the keys of so many do not fit, the new member learns no more than whether what is said is sealed.
 */
export async function sealingConfirmation(
  pin: Pin,
  { invitee, attachment }: Pick<VerifiedAcceptance, 'invitee' | 'attachment'>,
  { sealing, isSealed }: Known,
  { attachment: other, commit }: Attachments,
): Promise<Attachments> {
  const said = toldIn(attachment).sealing.find(({ username }) => username === invitee.username)
  if (other !== undefined || commit !== undefined || !said) return {}
  if (!(await isStatedBy(invitee.publicKey, pin, said))) return {}
  const { username, key, signature } = said
  const all = attachmentOf(sealing, isSealed)
  return {
    attachment: all.length <= CONFIRM_ATTACHMENT_CHARACTERS ? all : attachmentOf([], isSealed),
    commit: attachmentOf([{ username, key, signature }]),
  }
}
