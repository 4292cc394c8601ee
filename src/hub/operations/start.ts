import { randomUUID } from 'node:crypto'
import type { z } from 'zod'
import { HermesError } from '../../errors.js'
import { encodePem } from '../../pki/pem.js'
import type { AppendFailure } from '../../store/event-log.js'
import type { IdentityRecord, StoredRequest } from '../../store/records.js'
import type { Party } from '../../wire/events.js'
import type { ConversationId } from '../../wire/formats.js'
import { StartParams, StartResult } from '../../wire/operations.js'
import { appendOf, apply } from '../committed.js'
import { begin } from '../conversation/decide.js'
import { emptyConversation } from '../conversation/evolve.js'
import { publish } from '../publish.js'
import { type Call, operation, type Reply } from './operation.js'
import { resolveParticipants } from './participants.js'
import { requestConflict, requestHash } from './request.js'

type Params = z.output<typeof StartParams>
type Result = z.input<typeof StartResult>

export const start = operation({
  name: 'start',
  method: 'start',
  summary: 'Start a conversation',
  description:
    'The caller is its first member. The others are listed by their certificates: they learn nothing and have no right until they are invited.',
  params: StartParams,
  result: StartResult,
  route: { method: 'POST', path: '/conversations' },
  errors: ['user_not_found', 'certificate_rejected', 'certificate_mismatch', 'request_conflict', 'quota_exceeded'],
  handle: async (call, params, reply) => {
    const release = params.requestId && (await call.hub.requests.acquire(call.caller.actor.userId, params.requestId))
    const answer: Reply<Result> = (result) => {
      reply(result)
      if (release) release()
    }
    try {
      if (!(await repeated(call, params, answer))) await begun(call, params, answer)
    } catch (error) {
      if (release) release()
      throw error
    }
  },
})

/** Answers a requestId that was used before. */
async function repeated(call: Call, params: Params, reply: Reply<Result>): Promise<boolean> {
  const { requestId } = params
  if (!requestId) return false
  const first = await call.hub.log.findRequest(call.caller.actor.userId, requestId)
  if (!first) return false
  const same = first.hash === requestHash('start', params)
  reply(same ? { result: await firstAnswer(call, first) } : { error: requestConflict(requestId) })
  return true
}

async function firstAnswer({ hub }: Call, { conversationId, uuid, seq }: StoredRequest): Promise<Result> {
  const [event] = await hub.log.read(conversationId, { after: seq - 1, upTo: seq, limit: 1, maxBytes: 1 })
  if (!event) throw new HermesError('internal', `event ${seq} of conversation ${uuid} is gone`)
  const { participants } = JSON.parse(event.body) as { readonly participants: readonly Party[] }
  const certified = await Promise.all(
    participants.map(async ({ username, fingerprint }) => {
      const record = await hub.identities.findByFingerprint(fingerprint)
      return {
        username,
        fingerprint,
        certificate: encodePem('CERTIFICATE', record?.certificate.der ?? new Uint8Array()),
      }
    }),
  )
  return { conversation: uuid, participants: certified, seq }
}

async function begun(call: Call, params: Params, reply: Reply<Result>): Promise<void> {
  const records = await resolveParticipants(call, params.participants)
  const conversation = randomUUID() as ConversationId
  if (call.session?.refusal) throw new HermesError(call.session.refusal)
  const participants = records.map(certifiedParty)
  const { entry, committed } = beginning(call, params, conversation, records)
  call.hub.log.append(entry, (failure, appended) => {
    if (failure || !appended) return void failed(call, params, failure, reply)
    const { conversationId } = appended
    const origin = call.session?.id ?? null
    for (const event of committed)
      publish(call.hub, { ...event, conversationId }, { origin, isMore: event !== committed.at(-1) })
    reply({ result: { conversation, participants, seq: 1 } })
  })
}

function beginning(call: Call, params: Params, conversation: ConversationId, records: readonly IdentityRecord[]) {
  const by = call.caller.actor
  const at = call.hub.now().getTime()
  const listed = records.map(({ user, certificate }) => ({
    username: user.username,
    fingerprint: certificate.fingerprint,
  }))
  const before = emptyConversation(conversation)
  const applied = apply(0, before, [begin({ type: 'start', at, by, conversation, participants: listed })])
  const { requestId } = params
  const request = requestId ? { userId: by.userId, requestId, hash: requestHash('start', params) } : undefined
  const created = { uuid: conversation, createdBy: by.userId, createdAt: at }
  return { entry: appendOf(created, before, applied, request), committed: applied.committed }
}

/** On another node the same request was first: its answer is ours. */
async function failed(call: Call, params: Params, failure: AppendFailure | null, reply: Reply<Result>): Promise<void> {
  try {
    if (failure?.reason === 'duplicate' && (await repeated(call, params, reply))) return
    reply({ error: failure && 'error' in failure ? failure.error : new HermesError('unavailable') })
  } catch (error) {
    reply({ error: new HermesError('unavailable', 'the store could not be read: try again', { cause: error }) })
  }
}

function certifiedParty({ user, certificate }: IdentityRecord) {
  const { fingerprint, der } = certificate
  return { username: user.username, fingerprint, certificate: encodePem('CERTIFICATE', der) }
}
