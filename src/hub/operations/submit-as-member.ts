import { HermesError } from '../../errors.js'
import type { Renew } from '../conversation/commands.js'
import { decide } from '../conversation/decide.js'
import type { Decision } from '../conversation/decision.js'
import { evolve } from '../conversation/evolve.js'
import type { Actor, Conversation, Member } from '../conversation/state.js'
import type { ConversationQueue } from '../conversation-queue.js'
import type { Task } from '../task.js'
import type { Call } from './operation.js'

/** How the certificate of a caller stands to the one that the log knows. */
type Relation = 'renewed' | 'earlier'

/** For each caller, by the fingerprint in the log: it never changes. */
const known = new WeakMap<Actor, Map<string, Relation>>()

/**
 * Submits a command of a member. His first one under a renewed certificate takes `renewed` along, before it and with
 * it or not at all. One of an earlier certificate that is still good stands as it is: the log never goes back.
 */
export function submitAsMember(call: Call, queue: ConversationQueue, task: Task): void | Promise<void> {
  const { actor } = call.caller
  const member = queue.state?.members.get(actor.username)
  if (!member || member.fingerprint === actor.fingerprint) return queue.submit(task)
  const relation = known.get(actor)?.get(member.fingerprint)
  if (relation) return queue.submit(asMember(call, task, member, relation))
  return relationOf(call, member).then((found) => queue.submit(asMember(call, task, member, found)))
}

async function relationOf({ hub, caller }: Call, member: Member): Promise<Relation> {
  const { actor } = caller
  const relation = (await hub.identities.isRenewalOf(actor.fingerprint, member.fingerprint))
    ? 'renewed'
    : (await hub.identities.isRenewalOf(member.fingerprint, actor.fingerprint)) && 'earlier'
  // A certificate that only a password vouches for is no member's.
  if (!relation) throw new HermesError('conversation_not_found')
  known.set(actor, (known.get(actor) ?? new Map<string, Relation>()).set(member.fingerprint, relation))
  return relation
}

function asMember(call: Call, task: Task, { fingerprint }: Member, relation: Relation): Task {
  if (relation === 'earlier') return task
  const { actor: by, certificatePem: certificate } = call.caller
  const at = call.hub.now().getTime()
  const renew: Renew = { type: 'renew', at, by, certificate, previous: fingerprint }
  return {
    ...task,
    decide: (state, context) => behind(state, decide(state, renew), (next) => task.decide(next, context)),
  }
}

/** A repeat is answered as it was, and a refusal leaves no trace. */
function behind(state: Conversation, renewal: Decision, command: (state: Conversation) => Decision): Decision {
  const renewed = renewal.events ?? []
  const decision = command(renewed.reduce(evolve, state))
  if (decision.refusal || decision.events.length === 0) return decision
  return { ...decision, events: [...renewed, ...decision.events] }
}
