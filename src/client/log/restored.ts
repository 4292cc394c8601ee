import type { Party } from '../../wire/events.js'
import { verify } from '../verification-error.js'
import { type LogState, membersFrom } from './state.js'

/**
 * The state after a backup of the server was restored: what came after the backup is undone, by the server's word.
 * Nobody may be a member then who never was one, since nobody becomes one without signatures. Throws
 * VerificationError.
 */
export function restored(state: LogState, lastSeq: number, members: readonly Party[], username: string): LogState {
  for (const member of members) {
    const wasMember = Object.hasOwn(state.members, member.username) || Object.hasOwn(state.former, member.username)
    verify(wasMember, 'membership_forged', `${member.username} is a member since a restoration, and never was before`)
  }
  const standing = members.some((member) => member.username === username) ? 'member' : 'left'
  return { ...state, standing, lastSeq, members: membersFrom(members) }
}
