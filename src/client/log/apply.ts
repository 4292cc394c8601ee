import type { ConversationEvent, Party } from '../../wire/events.js'
import { type Pin, verifyNamedCertificate } from '../certificates.js'
import type { ChangeKind, Shown } from '../contacts.js'
import { digestOf, verifyAttachment } from '../invitation.js'
import { SET_BACK, verifyMembership } from '../membership.js'
import type { SealingStatement } from '../sealing/statement.js'
import { VerificationError, verify } from '../verification-error.js'
import { saidBy, sealedBy } from './sealing.js'
import { type LogState, membersFrom, membersOf, without } from './state.js'

type EventOf<T extends ConversationEvent['type']> = Extract<ConversationEvent, { type: T }>
export type NumberedEvent = ConversationEvent & { readonly seq: number }

export interface Verifier {
  readonly pin: Pin
  /** Whose device this is. */
  readonly username: string
  /** What he says himself to be sealed for; absent where nothing is sealed. */
  readonly sealing?: SealingStatement
}

/** Somebody's certificate as an event showed it, verified. */
export interface Seen extends Shown {
  readonly how: ChangeKind
  /** Fingerprint of the one that it was renewed from. */
  readonly previous?: string
}

/** The state after an event, and the certificates that it showed. */
export interface Applied {
  readonly state: LogState
  readonly seen: readonly Seen[]
}

/** The members just before a stay of this user. */
export interface FirstMembers {
  readonly members: readonly Party[]
  /** They are those of the invitation: of who came, left or renewed from then on nothing shows everything. */
  readonly isPartial: boolean
}

export const NOBODY: FirstMembers = { members: [], isPartial: false }

/**
 * Begins a stay with `started` or with one's own `joined`; `earlier` is where the one before ended. Throws
 * VerificationError.
 */
export async function begin(
  verifier: Verifier,
  event: NumberedEvent,
  { members, isPartial }: FirstMembers,
  earlier: LogState | null = null,
): Promise<Applied> {
  const { conversation, seq, from } = event
  const empty = { conversation, lastSeq: seq, firstSeq: seq, former: {}, recovered: [], invitations: {} }
  if (event.type === 'started') {
    verify(from.username === verifier.username, 'event_forged', `${from.username} started what this user sees begin`)
    const members = membersFrom([from])
    const sealing = verifier.sealing ? { [verifier.username]: { ...verifier.sealing, isLater: false } } : {}
    return { state: { ...empty, standing: 'member', members, sealing, isSealed: false }, seen: [] }
  }
  const isOwn = event.type === 'joined' && event.member.username === verifier.username
  verify(isOwn, 'event_missing', `the first event shown of conversation ${conversation} is ${event.type} ${seq}`)
  const before: LogState = {
    ...empty,
    standing: 'member',
    lastSeq: seq - 1,
    members: membersFrom(members),
    sealing: {},
    isSealed: earlier?.isSealed ?? false,
    ...(isPartial && { isPartial }),
  }
  return applyEvent(before, verifier, event)
}

/** Verifies the next event of a stay, and what follows from it. Never changes `state`. Throws VerificationError. */
export async function applyEvent(known: LogState, verifier: Verifier, event: NumberedEvent): Promise<Applied> {
  verify(event.conversation === known.conversation, 'wrong_conversation', `event of ${event.conversation}`)
  const state = known.isPartial ? withActor(known, event) : known
  const next = { ...state, lastSeq: event.seq }
  switch (event.type) {
    case 'started':
      throw new VerificationError('event_forged', `the conversation started at ${event.seq} again`)
    case 'invited':
      return invited(next, verifier, event)
    case 'accepted':
      return accepted(next, verifier, event)
    case 'joined':
      return joined(next, verifier, event)
    case 'declined':
    case 'cancelled':
    case 'expired':
      return ended(next, event)
    case 'left':
      return left(next, verifier, event)
    case 'renewed':
      return renewed(next, verifier, event)
    case 'message':
      isMember(next, event.from.username, 'sent a message')
      return { state: saidBy(event, next), seen: [] }
  }
}

/** Where not all members are known, whoever acts as one counts as one, unless he has left. */
function withActor(state: LogState, event: NumberedEvent): LogState {
  const actor = actorOf(event)
  if (actor === null || Object.hasOwn(state.former, actor.username)) return state
  const isKnown = Object.hasOwn(state.members, actor.username) && event.type !== 'renewed'
  return isKnown ? state : { ...state, members: { ...state.members, [actor.username]: actor.fingerprint } }
}

/** The member who did it, as he was then. */
function actorOf(event: NumberedEvent): Party | null {
  switch (event.type) {
    case 'joined':
      return event.inviter
    case 'renewed':
      return { username: event.from.username, fingerprint: event.previous }
    case 'invited':
    case 'left':
    case 'message':
      return event.from
    default:
      return null
  }
}

function isMember({ members }: LogState, username: string, what: string): void {
  verify(Object.hasOwn(members, username), 'event_forged', `${username} ${what}, who is no member`)
}

/** A certificate as the one event shows it, good when that was. */
function seen(
  { pin }: Verifier,
  { at, from }: ConversationEvent,
  certificate: string,
  { recovered }: LogState,
  how: ChangeKind = 'unexplained',
): Seen {
  const { username, fingerprint } = from
  const shown = { username, fingerprint, certificate }
  verifyNamedCertificate(shown, pin, new Date(at), SET_BACK)
  return { ...shown, how: recovered.includes(username) ? 'recovered' : how }
}

function invited(state: LogState, verifier: Verifier, event: EventOf<'invited'>): Applied {
  const { from, invitee, invitation, challenge, roster } = event
  isMember(state, from.username, 'invited somebody')
  verify(
    roster === digestOf(membersOf(state)) && roster === digestOf(event.members),
    'roster_mismatch',
    `the invitation of ${invitee.username} shows other members than the log has`,
  )
  const open = { inviter: { username: from.username, fingerprint: from.fingerprint }, invitee, challenge, roster }
  return {
    state: { ...state, invitations: { ...state.invitations, [invitation]: open } },
    seen: [seen(verifier, event, event.certificate, state)],
  }
}

function accepted(state: LogState, verifier: Verifier, event: EventOf<'accepted'>): Applied {
  const open = state.invitations[event.invitation]
  const { username, fingerprint } = event.from
  const fits = open === undefined || (open.invitee.username === username && open.invitee.fingerprint === fingerprint)
  verify(fits, 'event_forged', `${username} accepted what another was invited to`)
  return { state, seen: [seen(verifier, event, event.certificate, state)] }
}

async function joined(state: LogState, verifier: Verifier, event: EventOf<'joined'>): Promise<Applied> {
  const { member, inviter } = event
  await verifyMembership(verifier.pin, event).catch((cause: unknown) => {
    if (!(cause instanceof VerificationError)) throw cause
    throw new VerificationError('membership_forged', `${member.username} is said to have joined: ${cause.message}`, {
      cause,
    })
  })
  if (member.username === verifier.username) verifyAttachment(event.attachment, event.confirmationAttachment)
  isMember(state, inviter.username, `confirmed ${member.username}`)
  const open = state.invitations[event.invitation]
  const fits =
    open === undefined ||
    (open.inviter.username === inviter.username &&
      open.invitee.fingerprint === member.fingerprint &&
      open.challenge === event.inviterChallenge)
  verify(fits, 'membership_forged', `${member.username} joined by an invitation that was another`)
  verify(
    state.isPartial || event.confirmationRoster === digestOf(membersOf(state)),
    'roster_mismatch',
    `${member.username} joined other members than the log has`,
  )
  const how = state.recovered.includes(member.username) ? 'recovered' : 'unexplained'
  return {
    state: await sealedBy(verifier, event, {
      ...state,
      members: { ...state.members, [member.username]: member.fingerprint },
      former: without(state.former, member.username),
      recovered: state.recovered.filter((username) => username !== member.username),
      invitations: without(state.invitations, event.invitation),
    }),
    seen: [
      { ...inviter, how: 'unexplained' },
      { ...member, how },
    ],
  }
}

function ended(state: LogState, event: EventOf<'declined' | 'cancelled' | 'expired'>): Applied {
  const open = state.invitations[event.invitation]
  const by = event.type === 'declined' ? open?.invitee : open?.inviter
  const fits = by === undefined || by.username === event.from.username
  verify(fits, 'event_forged', `${event.from.username} ended an invitation that is not his`)
  return { state: { ...state, invitations: without(state.invitations, event.invitation) }, seen: [] }
}

function left(state: LogState, { username }: Verifier, event: EventOf<'left'>): Applied {
  const name = event.from.username
  isMember(state, name, 'left')
  const recovered = event.reason === 'recovered' ? [...state.recovered, name] : state.recovered
  return {
    state: {
      ...state,
      standing: name === username ? 'left' : state.standing,
      members: without(state.members, name),
      former: { ...state.former, [name]: state.members[name] ?? event.from.fingerprint },
      recovered,
    },
    seen: [],
  }
}

function renewed(state: LogState, verifier: Verifier, event: EventOf<'renewed'>): Applied {
  const { username, fingerprint } = event.from
  isMember(state, username, 'renewed')
  verify(
    state.members[username] === event.previous,
    'certificate_swapped',
    `${username} is said to renew ${event.previous}, which is not his certificate in the log`,
  )
  return {
    state: { ...state, members: { ...state.members, [username]: fingerprint } },
    seen: [{ ...seen(verifier, event, event.certificate, state, 'renewed'), previous: event.previous }],
  }
}
