import type { z } from 'zod'
import type { ConversationEvent, JoinedEvent, Party } from '../../wire/events.js'
import type { Connection } from '../hub-client.js'
import { digestOf } from '../invitation.js'
import { membersBefore } from '../log/before.js'
import { VerificationError } from '../verification-error.js'

type Joined = z.output<typeof JoinedEvent>

/**
 * The members just before one's own `joined`, whose digest the inviter signed. Where they changed since the
 * invitation, they are those of now, with what happened since taken back. Throws VerificationError
 * `roster_mismatch`.
 */
export async function membersBeforeJoin(hub: Connection, joined: Joined): Promise<readonly Party[]> {
  if (digestOf(joined.members) === joined.confirmationRoster) return joined.members
  const members = await membersNow(hub, joined.conversation)
  const events = await eventsSince(hub, joined)
  for (let count = events.length; count > 0; count -= 1) {
    const before = membersBefore(members, events.slice(0, count))
    if (digestOf(before) === joined.confirmationRoster) return before
  }
  throw new VerificationError('roster_mismatch', 'the members shown are not those that the inviter signed')
}

/** As the hub has them now, page by page. */
export async function membersNow(hub: Connection, conversation: string): Promise<readonly Party[]> {
  const members: Party[] = []
  for (;;) {
    const after = members.at(-1)?.username
    const page = await hub.call('members', { conversation, ...(after !== undefined && { after }) })
    members.push(...page.members.map(({ username, fingerprint }) => ({ username, fingerprint })))
    if (!page.more || page.members.length === 0) return members
  }
}

async function eventsSince(hub: Connection, { conversation, seq }: Joined): Promise<readonly ConversationEvent[]> {
  const events: ConversationEvent[] = []
  for (let after = seq - 1; ; ) {
    const page = await hub.call('history', { conversation, after, limit: 500 })
    events.push(...page.events.filter(({ type }) => type === 'joined' || type === 'left' || type === 'renewed'))
    const last = page.events.at(-1)?.seq
    if (!page.more || last === undefined || last <= after) return events
    after = last
  }
}
