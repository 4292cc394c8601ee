import type { ConversationId } from '../wire/formats.js'
import type { Event } from './conversation/events.js'
import type { Actor } from './conversation/state.js'

/**
 * Events as JSON text: encoded once, stored as they are, and sent to everyone who may see them. Where there is an
 * attachment, the text in the log holds it and whom it is `for`; `viewFor` takes out what others must not see.
 */
export function encodeEvent(event: Event, conversation: ConversationId, seq: number): string {
  const head = `{"conversation":"${conversation}","seq":${seq},"at":"${new Date(event.at).toISOString()}"`
  return `${head},"type":"${event.type}","from":${encodeActor(event.from)},${members(event)}}`
}

/** When an event happened, in milliseconds since the epoch of Unix, from the text that encodeEvent made. */
export function timeOf(body: string): number {
  const at = body.indexOf('"at":"') + 6
  return Date.parse(body.slice(at, body.indexOf('"', at)))
}

const encodedActors = new WeakMap<Actor, string>()

/** One session acts with one Actor, so that its name is encoded once for all its events. */
function encodeActor(actor: Actor): string {
  const known = encodedActors.get(actor)
  if (known !== undefined) return known
  const { username, fingerprint, device } = actor
  const text = JSON.stringify({ username, fingerprint, device })
  encodedActors.set(actor, text)
  return text
}

/** The members of an event but for its head, without braces; never empty. */
function members(event: Event): string {
  if (event.type === 'message') {
    const { messageId, payload, contentType } = event
    const type = contentType === null ? '' : `,"contentType":${JSON.stringify(contentType)}`
    return `"messageId":"${messageId}","payload":${JSON.stringify(payload)}${type}`
  }
  return JSON.stringify(fields(event)).slice(1, -1)
}

type Rare = Exclude<Event, { type: 'message' }>

/** `undefined` leaves a member out. `for` is ours: it names the one who may see the attachment. */
function fields(event: Rare): Record<string, unknown> {
  switch (event.type) {
    case 'started':
      return { participants: event.participants }
    case 'invited': {
      const { type, at, from, attachment, invitee, ...rest } = event
      return { ...rest, invitee: nameOf(invitee), ...sealed(attachment, invitee.username) }
    }
    case 'accepted': {
      const { type, at, from, attachment, inviter, ...rest } = event
      return { ...rest, ...sealed(attachment, inviter) }
    }
    case 'joined': {
      const { type, at, from, raisesEpoch, inviter, member, commit, attachment, ...rest } = event
      const parties = { inviter: certified(inviter), member: certified(member) }
      return { ...rest, ...parties, commit: commit ?? undefined, ...sealed(attachment, member.username) }
    }
    case 'left':
      return { reason: event.reason, text: event.text ?? undefined }
    case 'renewed':
      return { certificate: event.certificate, previous: event.previous }
    default:
      return { invitation: event.invitation, reason: event.reason ?? undefined }
  }
}

function sealed(attachment: string | null, username: string) {
  return attachment === null ? {} : { attachment, for: username }
}

function nameOf({ username, fingerprint }: { username: string; fingerprint: string }) {
  return { username, fingerprint }
}

function certified(party: { username: string; fingerprint: string; certificate: string }) {
  return { ...nameOf(party), certificate: party.certificate }
}

/** Event types whose text may hold an attachment that only one party may see. */
const PRIVATE = new Set(['invited', 'accepted', 'joined'])

interface Sealed {
  readonly attachment?: string
  readonly for?: string
}

export interface Views {
  readonly recipient: string
  /** As the recipient of the attachment may see it. */
  readonly theirs: string
  readonly others: string
}

/** The two views of an event that holds an attachment; null where there is nothing to hide. */
export function viewsOf(type: string, body: string): Views | null {
  if (!PRIVATE.has(type)) return null
  const { attachment, for: recipient, ...event } = JSON.parse(body) as Sealed
  if (recipient === undefined) return null
  return { recipient, theirs: JSON.stringify({ ...event, attachment }), others: JSON.stringify(event) }
}

/** The event as `username` may see it. Returns `body` itself where there is nothing to hide. */
export function viewFor(username: string, type: string, body: string): string {
  const views = viewsOf(type, body)
  if (!views) return body
  return username === views.recipient ? views.theirs : views.others
}

/** `invited` or the end of an invitation as its invitee gets it: outside the log, without `seq`. */
export function viewForInvitee(username: string, type: string, body: string): string {
  const { seq, ...event } = JSON.parse(viewFor(username, type, body)) as { readonly seq: number }
  return JSON.stringify(event)
}
