import { X509Certificate } from 'node:crypto'
import type { ConversationEvent } from '../../wire/events.js'
import { SEALED_TYPE } from '../sealing/sealed-message.js'
import { isStatedBy, STATEMENT_TYPE, statementIn, toldIn } from '../sealing/statement.js'
import type { Verifier } from './apply.js'
import { type LogState, without } from './state.js'

type EventOf<T extends ConversationEvent['type']> = Extract<ConversationEvent, { type: T }>

/**
 * What members are sealed for after somebody joined. The inviter tells all of the new member's key (`commit`), and him
 * of theirs (`attachment`, which is read by him alone); both were signed with the invitation. Who comes with none is
 * sealed for with none. One whom somebody brought in whose own key the log does not vouch for counts as told later: the
 * hub may have certified that inviter.
 */
export async function sealedBy(verifier: Verifier, event: EventOf<'joined'>, state: LogState): Promise<LogState> {
  const { inviter, member, attachment, commit } = event
  const isOwn = member.username === verifier.username
  const own = toldIn(commit).sealing.filter(({ username }) => username === member.username)
  const told = toldIn(isOwn ? attachment : undefined)
  const others = told.sealing.filter(({ username }) => username !== member.username)
  const isLater = !isOwn && !(await isVouchedFor(verifier, inviter, state))
  const isSealed = state.isSealed || told.isSealed
  return withSealing(
    { ...state, isSealed, sealing: without(state.sealing, member.username) },
    [...others, ...own].map((one) => ({ ...one, isLater: one.isLater || isLater })),
  )
}

/** Whether he acts with the key for which he was sealed for all along. */
async function isVouchedFor(
  { pin, username, sealing }: Verifier,
  inviter: EventOf<'joined'>['inviter'],
  state: LogState,
): Promise<boolean> {
  const known = state.sealing[inviter.username]
  const said = inviter.username === username ? sealing : known
  if (!said || (said === known && known.isLater)) return false
  return isStatedBy(new X509Certificate(inviter.certificate).publicKey, pin, said)
}

/** What a message tells of sealing: that its sender has another key, or that others seal what they say here. */
export function saidBy({ at, from, contentType, payload }: EventOf<'message'>, state: LogState): LogState {
  const isAlone = Object.keys(state.members).length < 2
  if (contentType === SEALED_TYPE) return state.isSealed || isAlone ? state : { ...state, isSealed: true }
  const said = contentType === STATEMENT_TYPE ? statementIn(payload) : null
  if (said?.username !== from.username) return state
  const known = state.sealing[said.username]
  // The hub can show again what somebody said when he joined, which is no other key for that.
  const isKnown = known?.key === said.key && !known.isLater
  return isKnown ? state : withSealing(state, [{ ...said, at, isLater: true }])
}

function withSealing(state: LogState, said: readonly LogState['sealing'][string][]): LogState {
  const members = Object.keys(state.members)
  const news = said.filter(({ username }) => members.includes(username)).map((one) => [one.username, one] as const)
  const sealing = { ...state.sealing, ...Object.fromEntries(news) }
  const isWhole =
    !state.isPartial && members.length > 1 && members.every((username) => Object.hasOwn(sealing, username))
  return { ...state, sealing, isSealed: state.isSealed || isWhole }
}
