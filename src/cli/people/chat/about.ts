import type { Contact, Conversation } from '../../../client/index.js'

/** Who is in a conversation, and whom its owner did not compare yet. */
export function membersText(conversation: Conversation, self: string, known: readonly Contact[]): string {
  const isCompared = (fingerprint: string) => known.some((one) => one.compared && one.fingerprint === fingerprint)
  const members = conversation.members
    .filter(({ username }) => username !== self)
    .map(({ username, fingerprint }) => {
      const state = isCompared(fingerprint) ? 'compared' : `compare it with him, then /trust ${username}`
      const lack = conversation.keyless.includes(username) ? '; his client cannot open what is sealed' : ''
      return `${username}: ${state}${lack}\n${fingerprint}`
    })
  const invited = conversation.invitations.map(
    ({ username, fingerprint }) => `${username}: invited, not a member yet\n${fingerprint}`,
  )
  const lines = [...members, ...invited]
  const sealing = conversation.isSealed
    ? 'sealed: members alone can read what is not marked "not sealed"'
    : 'not sealed: the server can read what is said'
  return lines.length === 0 ? 'nobody else is here' : [...lines, ...(members.length > 0 ? [sealing] : [])].join('\n')
}
