import { rosterDigest } from '../../wire/transcript.js'
import type { Conversation, Member } from './state.js'

/** Members as others see them, sorted by the bytes of their names. */
export function memberList(members: ReadonlyMap<string, Member>): readonly { username: string; fingerprint: string }[] {
  return [...members.values()]
    .map(({ username, fingerprint }) => ({ username, fingerprint }))
    .sort((a, b) => (a.username < b.username ? -1 : 1))
}

const digests = new WeakMap<ReadonlyMap<string, Member>, string>()

/** The digest of the members of a state. Maps of members never change, so each is hashed once. */
export function rosterOf({ members }: Conversation): string {
  const known = digests.get(members)
  if (known !== undefined) return known
  const digest = rosterDigest(members.values())
  digests.set(members, digest)
  return digest
}
