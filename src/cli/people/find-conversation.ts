import { ClientError, type Conversation, type HermesClient } from '../../client/index.js'

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** By its id, or the one with a user alone. Throws ClientError `conversation_unknown`. */
export async function findConversation(client: HermesClient, name: string): Promise<Conversation> {
  const found = UUID.test(name) ? client.conversation(name) : await conversationWith(client, [name])
  if (found) return found
  throw new ClientError(
    'conversation_unknown',
    `there is no conversation with ${name} alone: "hermes chat ${name}" or "hermes start ${name}" begins one`,
  )
}

/** The one of oneself and these alone, where they are members or invited by this device; of several the latest. */
export async function conversationWith(client: HermesClient, others: readonly string[]): Promise<Conversation | null> {
  const wanted = namesOf([...others, client.username ?? ''])
  const fitting = client
    .conversations()
    .filter((one) => one.standing === 'member' && namesOf(presentAndInvited(one)) === wanted)
  const dated = await Promise.all(fitting.map(async (one) => ({ one, at: await lastAt(one) })))
  return dated.sort((a, b) => b.at.localeCompare(a.at))[0]?.one ?? null
}

function presentAndInvited({ members, invitations }: Conversation): readonly string[] {
  return [...members, ...invitations].map(({ username }) => username)
}

function namesOf(usernames: readonly string[]): string {
  return [...new Set(usernames)].sort().join(' ')
}

/** RFC 3339: of the last event that has a time. */
export async function lastAt(conversation: Conversation): Promise<string> {
  const events = await conversation.history({ limit: 2 })
  return events.flatMap((event) => (event.type === 'gap' ? [] : [event.at])).at(-1) ?? ''
}
