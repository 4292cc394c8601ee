import type { Contacts } from '../contacts.js'
import type { LogState } from '../log/state.js'

/**
 * Whether the hub alone says whose key it is by which somebody is a member: it took the place of another one, or a log
 * does not vouch for it. Till people have compared it nothing is sealed for it, and nothing counts as sealed by it.
 */
export function isDoubted(contacts: Contacts, username: string, { members, sealing }: LogState): boolean {
  const contact = contacts.find(username)
  if (contact?.compared && contact.fingerprint === members[username]) return false
  return contact?.replaced === true || sealing[username]?.isLater === true
}
