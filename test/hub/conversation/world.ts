import type * as Commands from '../../../src/hub/conversation/commands.js'
import { begin, decide } from '../../../src/hub/conversation/decide.js'
import type { Decision } from '../../../src/hub/conversation/decision.js'
import type { Event } from '../../../src/hub/conversation/events.js'
import { emptyConversation, evolve } from '../../../src/hub/conversation/evolve.js'
import { rosterOf } from '../../../src/hub/conversation/roster.js'
import type { Actor, Conversation } from '../../../src/hub/conversation/state.js'
import type { ConversationId, InvitationId } from '../../../src/wire/formats.js'

export const CONVERSATION = '60038410-eb81-4348-9143-26d9203e1dd0' as ConversationId
export const NOW = Date.UTC(2027, 0, 2, 3, 4, 5, 678)
export const EXPIRES = '2027-01-09T03:04:05Z'
export const AFTER_EXPIRY = Date.parse(EXPIRES)

const NAMES = ['alice', 'bob', 'carol', 'dave', 'erin', 'frank'] as const
export type Name = (typeof NAMES)[number]
export const USERS: readonly Name[] = NAMES

/** A user under his first or second certificate. */
export function actor(username: Name, certificate: 1 | 2 = 1): Actor & { readonly device: string } {
  const userId = NAMES.indexOf(username) + 1
  return { userId, username, fingerprint: `sha256:${`${userId}${certificate}`.padStart(64, '0')}`, device: 'laptop' }
}

export function party(username: Name, certificate: 1 | 2 = 1) {
  const { device: _, ...rest } = actor(username, certificate)
  return rest
}

export function invitationId(number: number): InvitationId {
  return `00000000-0000-4000-8000-${String(number).padStart(12, '0')}` as InvitationId
}

export const I1 = invitationId(1)
export const I2 = invitationId(2)

/** Commands with everything in them but what a test is about. */
export function invite(by: Name, invitee: Name, changes: Partial<Commands.Invite> = {}): Commands.Invite {
  return {
    type: 'invite',
    at: NOW,
    by: actor(by),
    invitation: I1,
    invitee: party(invitee),
    certificate: `certificate of ${by}`,
    challenge: `challenge of ${by}`,
    expiresAt: EXPIRES,
    attachment: null,
    attachmentDigest: '-',
    membersMax: 512,
    invitationsMax: 4096,
    ...changes,
  }
}

export function accept(by: Name, changes: Partial<Commands.Accept> = {}): Commands.Accept {
  return {
    type: 'accept',
    at: NOW,
    by: actor(by),
    invitation: I1,
    certificate: `certificate of ${by}`,
    challenge: `challenge of ${by}`,
    signature: `signature of ${by}`,
    attachment: null,
    attachmentDigest: '-',
    proven: true,
    ...changes,
  }
}

export function confirm(
  state: Conversation,
  by: Name,
  changes: Partial<Commands.Confirm> & { readonly good?: boolean } = {},
): Commands.Confirm {
  const { good = true, ...rest } = changes
  return {
    type: 'confirm',
    at: NOW,
    by: actor(by),
    invitation: I1,
    signature: `confirmation of ${by}`,
    attachment: null,
    attachmentDigest: '-',
    commit: null,
    commitDigest: '-',
    epoch: null,
    proof: { roster: rosterOf(state), good },
    inviterCertificate: `certificate of ${by}`,
    memberCertificate: 'certificate of the member',
    invitedMembers: [],
    ...rest,
  }
}

export function end(type: 'decline' | 'cancel', by: Name, changes: Partial<Commands.Decline> = {}): Commands.Decline {
  return { type, at: NOW, by: actor(by), invitation: I1, reason: null, ...changes }
}

export function send(by: Name, changes: Partial<Commands.Send> = {}): Commands.Send {
  return {
    type: 'send',
    at: NOW,
    by: actor(by),
    messageId: '01900000-0000-7000-8000-000000000001',
    payload: 'hello',
    contentType: null,
    epoch: null,
    known: null,
    ...changes,
  }
}

export function leave(by: Name, text: string | null = null): Commands.Leave {
  return { type: 'leave', at: NOW, by: actor(by), text }
}

export function started(by: Name = 'alice'): Conversation {
  const participants = [{ username: 'bob', fingerprint: actor('bob').fingerprint }]
  const event = begin({ type: 'start', at: NOW, by: actor(by), conversation: CONVERSATION, participants })
  return evolve(emptyConversation(CONVERSATION), event)
}

export function evolveAll(state: Conversation, events: readonly Event[] = []): Conversation {
  return events.reduce(evolve, state)
}

/** The state after commands; throws if one is refused. */
export function after(state: Conversation, ...commands: readonly Commands.Command[]): Conversation {
  return commands.reduce((before, command) => evolveAll(before, eventsOf(decide(before, command))), state)
}

export function eventsOf(decision: Decision): readonly Event[] {
  if (decision.refusal) throw new Error(`refused: ${decision.refusal.code}`)
  return decision.events
}

export function codeOf(decision: Decision): string | undefined {
  return decision.refusal?.code
}

let count = 100

/** The state after `by` brought `newcomer` in, all three passes. */
export function joined(state: Conversation, by: Name, newcomer: Name): Conversation {
  const invitation = invitationId(++count)
  const accepted = after(state, invite(by, newcomer, { invitation }), accept(newcomer, { invitation }))
  return after(accepted, confirm(accepted, by, { invitation }))
}
