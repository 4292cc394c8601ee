import type { z } from 'zod'
import type { CertifiedParty, ConversationEvent, JoinedEvent, Party } from '../../wire/events.js'
import { verifyNamedCertificate } from '../certificates.js'
import type { Home } from '../home.js'
import type { Connection } from '../hub-client.js'
import { digestOf } from '../invitation.js'
import type { FirstMembers } from '../log/apply.js'
import { membersBefore } from '../log/before.js'
import { seePerson } from '../people.js'
import { Refusal } from '../refusal.js'
import { VerificationError, verify } from '../verification-error.js'

type Joined = z.output<typeof JoinedEvent>

/** Eight times what a conversation may have (HERMES_MEMBERS_MAX). */
const MEMBERS_MAX = 4096
/** Of one stay, until somebody invites somebody: each takes a user of the hub two requests. */
const CHANGES_MAX = 65_536

/**
 * The members just before one's own `joined`, whose digest the inviter signed. Where they changed since the
 * invitation, they are those that a later event of the stay shows, or those of now, with what happened till then taken
 * back. A stay that has ended may hold no such event, and whoever has left is not shown the members of now. Throws
 * VerificationError `roster_mismatch`.
 */
export async function membersBeforeJoin(hub: Connection, joined: Joined): Promise<FirstMembers> {
  if (digestOf(joined.members) === joined.confirmationRoster) return { members: joined.members, isPartial: false }
  const members = await membersNow(hub, joined.conversation)
  const { changes, shown, hasEnded } = await readStay(hub, joined)
  if (hasEnded && !shown) return { members: joined.members, isPartial: true }
  // The members of now may be of before the last of them.
  const fewest = shown ? changes.length : 1
  for (let count = changes.length; count >= fewest; count -= 1) {
    const before = membersBefore(shown ?? members, changes.slice(0, count))
    if (digestOf(before) === joined.confirmationRoster) return { members: before, isPartial: false }
  }
  throw new VerificationError('roster_mismatch', 'the members shown are not those that the inviter signed')
}

/** As the hub has them now; none where this user is not among them any more. */
export async function membersNow(hub: Connection, conversation: string): Promise<readonly Party[]> {
  const members = await certifiedNow(hub, conversation).catch(noneOfRefused)
  return members.map(({ username, fingerprint }) => ({ username, fingerprint }))
}

/** Page by page, in the order of their names. Throws VerificationError `answer_invalid`. */
export async function certifiedNow(
  hub: Pick<Connection, 'call'>,
  conversation: string,
): Promise<readonly CertifiedParty[]> {
  const members: CertifiedParty[] = []
  for (;;) {
    const after = members.at(-1)?.username
    const page = await hub.call('members', { conversation, ...(after !== undefined && { after }) })
    members.push(...page.members)
    verify(members.length <= MEMBERS_MAX, 'answer_invalid', 'the hub shows members without end')
    if (!page.more || page.members.length === 0) return members
  }
}

/**
 * Those who were there before this user show no certificate when he joins. Somebody known here who is among them under
 * another one shows it as the hub has it now; where it does not show it, whoever compared the one before is told.
 */
export async function seeMembers(
  home: Home,
  hub: Connection,
  conversation: string,
  members: readonly Party[],
): Promise<void> {
  const others = members.flatMap((member) => {
    const known = home.contacts.find(member.username)
    return known && known.fingerprint !== member.fingerprint ? [{ ...member, known }] : []
  })
  if (others.length === 0) return
  const certified = await certifiedNow(hub, conversation).catch(noneOfRefused)
  for (const { username, fingerprint, known } of others) {
    const shown = certified.find((one) => one.username === username && one.fingerprint === fingerprint)
    const { fingerprint: previous, compared: wasCompared } = known
    if (shown && (await isGood(home, shown)))
      await seePerson(home, { username, fingerprint, certificate: shown.certificate }, 'unexplained')
    else if (wasCompared) {
      const change = { username, previous, current: fingerprint, how: 'unexplained', wasCompared } as const
      home.notices.tell({ type: 'fingerprint_changed', change })
    }
  }
}

/** Who has left since is shown nobody. */
function noneOfRefused(error: unknown): readonly CertifiedParty[] {
  if (error instanceof Refusal && error.code === 'conversation_not_found') return []
  throw error
}

async function isGood(home: Home, shown: CertifiedParty): Promise<boolean> {
  try {
    await home.authorities.verified((pin) => verifyNamedCertificate(shown, pin, home.now()))
    return true
  } catch (error) {
    if (error instanceof VerificationError) return false
    throw error
  }
}

interface Stay {
  /** What changed the members, the beginning first. */
  readonly changes: readonly ConversationEvent[]
  /** The members after these, as an invitation of that moment shows them; null where there is none. */
  readonly shown: readonly Party[] | null
  readonly hasEnded: boolean
}

/** What the log shows of a stay, up to the first event that shows its members, or to its end. */
async function readStay(hub: Connection, { conversation, seq, member }: Joined): Promise<Stay> {
  const changes: ConversationEvent[] = []
  for (let after = seq - 1; ; ) {
    const page = await hub.call('history', { conversation, after, limit: 500 })
    for (const event of page.events) {
      if (event.type === 'invited') return { changes, shown: event.members, hasEnded: false }
      if (event.type !== 'joined' && event.type !== 'left' && event.type !== 'renewed') continue
      changes.push(event)
      if (event.type === 'left' && event.from.username === member.username)
        return { changes, shown: null, hasEnded: true }
    }
    verify(changes.length <= CHANGES_MAX, 'answer_invalid', 'the hub shows changes of the members without end')
    const last = page.events.at(-1)?.seq
    if (!page.more || last === undefined || last <= after) return { changes, shown: null, hasEnded: false }
    after = last
  }
}
