import { z } from 'zod'
import { Party } from '../../wire/events.js'
import {
  Challenge,
  ConversationId,
  Digest,
  Fingerprint,
  InvitationId,
  Seq,
  Timestamp,
  Username,
} from '../../wire/formats.js'
import { ToldStatement } from '../sealing/statement.js'

const OpenInvitation = z.object({ inviter: Party, invitee: Party, challenge: Challenge, roster: Digest })
export type OpenInvitation = z.infer<typeof OpenInvitation>

/** What the events of a stay up to `lastSeq` come to, each verified when it came. */
export const LogState = z.object({
  conversation: ConversationId,
  standing: z.enum(['member', 'left']),
  lastSeq: Seq,
  /** Where the stay began: invitations made before it are not known. */
  firstSeq: Seq,
  /** Name → fingerprint of the latest `started`, `joined` or `renewed`. */
  members: z.record(Username, Fingerprint),
  /** Those who were members, and under which certificate last. */
  former: z.record(Username, Fingerprint),
  /** Those who left because they recovered: their next certificate comes from a password. */
  recovered: z.array(Username),
  invitations: z.record(InvitationId, OpenInvitation),
  /** There was more to the members than events of this stay show: whoever acts in it counts as one till he leaves. */
  isPartial: z.literal(true).optional(),
  /**
   * What members say to be sealed for, as the log has it: each to be verified when it is used. `isLater`: nobody
   * vouches for it; `at`: when they said it by a message.
   */
  sealing: z.record(Username, ToldStatement.extend({ at: Timestamp.optional() })).default({}),
  /** Whether all members, two at least, could be sealed for at some time: from then on nothing else will do. */
  isSealed: z.boolean().default(false),
})
export type LogState = z.infer<typeof LogState>

/** The members of a state, sorted by name. */
export function membersOf({ members }: Pick<LogState, 'members'>): readonly Party[] {
  return Object.entries(members)
    .map(([username, fingerprint]) => ({ username, fingerprint }))
    .sort((a, b) => (a.username < b.username ? -1 : 1))
}

export function membersFrom(parties: readonly Party[]): LogState['members'] {
  return Object.fromEntries(parties.map(({ username, fingerprint }) => [username, fingerprint]))
}

/** A record without one of its entries. */
export function without<T>(record: Readonly<Record<string, T>>, key: string): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([name]) => name !== key))
}
