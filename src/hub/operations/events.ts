import type { z } from 'zod'
import { HermesError } from '../../errors.js'
import { HISTORY_BYTES_MAX } from '../../wire/limits.js'
import { EventsParams, EventsResult } from '../../wire/operations.js'
import { Poll } from '../delivery/poll.js'
import { Session } from '../delivery/session.js'
import { sessionOptions } from '../session-options.js'
import { type Call, operation, type Reply } from './operation.js'

type Params = z.output<typeof EventsParams>

export const events = operation({
  name: 'events',
  method: null,
  summary: 'Wait for events',
  description:
    'What this device has not acknowledged. Counts as its connection: an older one ends, and a newer one answers this without events.',
  params: EventsParams,
  result: EventsResult,
  route: { method: 'GET', path: '/events' },
  errors: ['quota_exceeded'],
  handle: (call, params, reply) => poll(call, params, reply),
})

async function poll(
  { hub, caller, abandoned }: Call,
  { wait, limit }: Params,
  reply: Reply<z.input<typeof EventsResult>>,
) {
  const device = await hub.devices.open(caller.actor.userId, caller.actor.device)
  const sink = new Poll(wait * 1000, (answer) => {
    hub.delivery.detach(session)
    reply(answer instanceof HermesError ? { error: answer } : { text: answer })
  })
  const window = { windowEvents: limit, windowBytes: HISTORY_BYTES_MAX, autoAcknowledge: false, retryMs: null }
  const session = new Session(sessionOptions(caller, device, window), sink, hub.log, hub.meter)
  abandoned?.addEventListener('abort', () => {
    sink.abandon()
    hub.delivery.detach(session)
  })
  if (abandoned?.aborted) return sink.abandon()
  await hub.delivery.attach(session)
  await hub.turns.take(caller.actor.userId)
  if (!abandoned?.aborted) session.pump()
}
