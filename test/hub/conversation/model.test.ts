import fc from 'fast-check'
import t from 'tap'
import type { Command, RosterProof } from '../../../src/hub/conversation/commands.js'
import { decide } from '../../../src/hub/conversation/decide.js'
import type { Event } from '../../../src/hub/conversation/events.js'
import { evolve } from '../../../src/hub/conversation/evolve.js'
import { Invitations } from '../../../src/hub/conversation/invitations.js'
import { restore } from '../../../src/hub/conversation/projection.js'
import { rosterOf } from '../../../src/hub/conversation/roster.js'
import { type Actor, type Conversation, openInvitations } from '../../../src/hub/conversation/state.js'
import type { InvitationId } from '../../../src/wire/formats.js'
import { Projection } from './projection.js'
import { Readers } from './readers.js'
import * as world from './world.js'

const MEMBERS_MAX = 3

type Step = { readonly [K in keyof typeof steps]: (typeof steps)[K] extends fc.Arbitrary<infer T> ? T : never }

const steps = {
  type: fc.constantFrom<Command['type'] | 'handshake'>(
    ...(['invite', 'accept', 'confirm', 'decline', 'cancel', 'leave', 'remove', 'renew', 'send'] as const),
    ...(['withdraw', 'expire', 'invite', 'invite', 'accept', 'accept', 'confirm', 'confirm', 'confirm'] as const),
    ...Array<'handshake'>(8).fill('handshake'),
  ),
  by: fc.constantFrom(...world.USERS),
  certificate: fc.constantFrom<1 | 2>(1, 1, 1, 1, 2),
  other: fc.constantFrom(...world.USERS),
  /** Whether the one whose move it is makes it, under the right certificate. */
  isHis: fc.boolean(),
  /** Which of the invitations so far, from the newest. */
  invitation: fc.nat(3),
  good: fc.constantFrom(true, true, true, false),
  /** Whether the roster that was verified is the one that there is. */
  fresh: fc.constantFrom(true, true, true, false),
  /** Whether it comes when the time of every invitation is up. */
  later: fc.constantFrom(false, false, false, false, false, false, true),
  epoch: fc.option(fc.nat(2), { freq: 3 }),
  /** Whether the last member may go: nothing can happen in a conversation after that. */
  mayClose: fc.constantFrom(false, false, false, false, false, false, false, false, false, true),
}

const sequence = fc.array(fc.record(steps), { minLength: 1, maxLength: 60, size: 'max' })

/** The commands of one step, on the state as it is: what a client and the edge of the hub make of it. */
function commandsOf(step: Step, state: Conversation, at: number): readonly Command[] {
  const { by: name, certificate, other, good, epoch } = step
  const ids = [...state.invitations.keys()]
  const invitation = ids.at(-1 - step.invitation) ?? world.invitationId(999)
  const by = (step.isHis && moverOf(step, state, invitation)) || world.actor(name, certificate)
  const base = { at, by, invitation }
  const isLast = (username: string) => !step.mayClose && state.members.size === 1 && state.members.has(username)
  const proof = { roster: step.fresh ? rosterOf(state) : 'another', good }
  switch (step.type) {
    case 'invite': {
      const fresh = world.invitationId(ids.length + 1)
      const invitee = world.party(other, certificate)
      return [world.invite(name, other, { at, by, invitation: fresh, invitee, membersMax: MEMBERS_MAX })]
    }
    case 'accept':
      return [world.accept(name, { ...base, challenge: `answer of ${name}`, proven: good })]
    case 'confirm':
      return [world.confirm(state, name, { ...base, proof, epoch })]
    case 'decline':
    case 'cancel':
      return [world.end(step.type, name, base)]
    case 'leave':
      return isLast(by.username) ? [] : [{ type: 'leave', at, by, text: null }]
    case 'remove':
      return isLast(name) ? [] : [{ type: 'remove', at, username: name, reason: 'deleted', spare: null }]
    case 'renew':
      return [
        { type: 'renew', at, by, certificate: 'new', previous: state.members.get(by.username)?.fingerprint ?? '' },
      ]
    case 'send':
      return [world.send(name, { at, by, epoch })]
    case 'withdraw':
      return [{ type: 'withdraw', at, invitation, reason: 'revoked' }]
    case 'expire':
      return [{ type: 'expire', at: good ? world.AFTER_EXPIRY : at, invitation }]
    case 'handshake':
      return handshake(state, at, proof)
  }
}

function moverOf({ type }: Step, state: Conversation, id: InvitationId): Actor | undefined {
  const invitation = state.invitations.get(id)
  if (type === 'accept' || type === 'decline') return invitation?.invitee
  if (type === 'confirm' || type === 'cancel') return invitation?.inviter
  if (type === 'renew') return undefined
  return [...state.members.values()][type === 'leave' ? state.members.size - 1 : 0]
}

/** The next move of the newest open invitation, by whom it should be. */
function handshake(state: Conversation, at: number, proof: RosterProof): readonly Command[] {
  const open = openInvitations(state).at(-1)
  const [inviter] = state.members.values()
  if (!open && inviter) {
    const invitee = world.USERS.find((name) => !state.members.has(name)) ?? 'alice'
    const invitation = world.invitationId(state.invitations.size + 1)
    return [world.invite('alice', invitee, { at, by: { ...inviter }, invitation, membersMax: MEMBERS_MAX })]
  }
  if (!open) return []
  const { id: invitation } = open
  if (open.state === 'invited') return [world.accept('bob', { at, by: open.invitee, invitation })]
  return [world.confirm(state, 'alice', { at, by: open.inviter, invitation, proof })]
}

function holds(condition: boolean, what: string): void {
  if (!condition) throw new Error(what)
}

function listed(value: unknown): unknown {
  if (value instanceof Invitations) return [...value].sort(([, a], [, b]) => a.invitedSeq - b.invitedSeq)
  return value instanceof Map ? [...value] : value
}

function same(found: unknown, wanted: unknown, what: string): void {
  // Maps become arrays, so that their order counts too.
  const text = (value: unknown) => JSON.stringify(value, (_, inner) => listed(inner))
  if (text(found) !== text(wanted)) throw new Error(`${what}\n${text(found)}\n${text(wanted)}`)
}

/** State and everything in it cannot be changed any more; Maps throw. */
function freeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  if (value instanceof Map) {
    for (const method of ['set', 'delete', 'clear'] as const)
      Object.defineProperty(value, method, {
        value: () => {
          throw new Error(`${method} on a Map of a state`)
        },
      })
    for (const inner of value.values()) freeze(inner)
  }
  if (value instanceof Invitations) for (const inner of value.values()) freeze(inner)
  Object.freeze(value)
  for (const inner of Object.values(value)) freeze(inner)
  return value
}

/** Membership changes only as protocol.md says: in by two signatures, out by one's own end. */
function checkMembership(before: Conversation, after: Conversation, event: Event, command: Command): void {
  const entered = [...after.members.keys()].filter((name) => !before.members.has(name))
  const gone = [...before.members.keys()].filter((name) => !after.members.has(name))
  if (event.type === 'joined') {
    same(entered, [event.member.username], 'who joined is in')
    holds(command.type === 'confirm' && command.proof.good, 'the inviter proved himself')
    holds(event.confirmationRoster === rosterOf(before), 'over the members just before')
    const invitation = before.invitations.get(event.invitation)
    holds(invitation?.state === 'accepted' && invitation.acceptance !== null, 'the invitee had accepted')
    holds(invitation?.inviter.username === event.from.username, 'it is the inviter who confirms')
  } else same(entered, [], `${event.type} makes nobody a member`)
  same(gone, event.type === 'left' ? [event.from.username] : [], `${event.type} ends only one’s own stay`)
  if (event.type === 'accepted') holds(command.type === 'accept' && command.proven, 'the invitee proved himself')
}

function checkInvitations(before: Conversation, after: Conversation): void {
  for (const [id, invitation] of before.invitations)
    if (invitation.endedSeq !== null) same(after.invitations.get(id), invitation, 'what has ended stays as it is')
  const open = openInvitations(after)
  holds(new Set(open.map(({ invitee }) => invitee.username)).size === open.length, 'one open for each invitee')
  holds(after.members.size + open.length <= MEMBERS_MAX, 'not more than there is room for')
  for (const { invitee, inviter } of open) {
    holds(!after.members.has(invitee.username), 'no member is invited')
    holds(after.members.has(inviter.username), 'every open invitation has a member behind it')
  }
}

function step(before: Conversation, command: Command, projection: Projection, readers: Readers): Conversation {
  const decision = decide(before, command)
  same(decide(before, command), decision, 'the same command comes to the same')
  let after = before
  for (const event of decision.events ?? []) {
    const next = freeze(evolve(after, event))
    same(evolve(after, event), next, 'an event does the same each time')
    holds(next.lastSeq === after.lastSeq + 1, 'seq has no holes')
    if (event.type === 'message') {
      holds(next.members === after.members && next.invitations === after.invitations, 'a message changes neither')
    }
    checkMembership(after, next, event, command)
    readers.read(next, event)
    after = next
  }
  checkInvitations(before, after)
  projection.store(before, after)
  same(restore(projection.snapshot(after)), ordered(after), 'the projections describe the same state')
  return after
}

t.test('whatever they do, the rules of membership hold', async (t) => {
  const seen = new Map<string, number>()
  const check = (given: readonly Step[]) => {
    const start = freeze(world.started())
    const projection = new Projection(start)
    const readers = new Readers('alice')
    let state = start
    for (const one of given) {
      const at = one.later ? world.AFTER_EXPIRY : world.NOW
      for (const command of commandsOf(one, state, at)) {
        const decision = decide(state, command)
        const outcome = decision.refusal?.code ?? decision.events?.[0]?.type ?? 'repeat'
        seen.set(outcome, (seen.get(outcome) ?? 0) + 1)
        state = step(state, command, projection, readers)
      }
    }
    readers.check(state)
  }
  fc.assert(fc.property(sequence, check), { numRuns: 300 })
  const reached = ['joined', 'left', 'renewed', 'message', 'accepted', 'declined', 'cancelled', 'expired', 'repeat']
  const refused = ['invalid_signature', 'stale_proof', 'epoch_conflict', 'certificate_mismatch', 'invitation_state']
  for (const outcome of [...reached, ...refused, 'conversation_full', 'already_member', 'invitation_expired'])
    t.ok(seen.get(outcome), `${outcome} came up`)
})

/** Whoever reads rows back gets them by their keys: the order of Maps is not part of a state. */
function ordered(state: Conversation): Conversation {
  const members = new Map([...state.members].sort((a, b) => a[1].fromSeq - b[1].fromSeq))
  const former = new Map([...state.former].sort((a, b) => a[1].fromSeq - b[1].fromSeq))
  return { ...state, members, former }
}
