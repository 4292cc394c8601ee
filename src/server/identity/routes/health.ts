import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { HermesError } from '../../../errors.js'
import { problems } from '../../http/problems.js'
import { JSON_MEDIA_TYPE, NoQuery } from '../media-types.js'

const Health = z.object({ status: z.literal('ok') }).meta({ id: 'Health' })

const Readiness = z
  .object({ status: z.enum(['ok', 'degraded']), away: z.array(z.enum(['nats'])).optional() })
  .meta({ id: 'Readiness' })

const healthy = (description: string, schema: z.ZodType) => ({
  description,
  content: { [JSON_MEDIA_TYPE]: { schema } },
})

/** What the server does without, though it is slower for it. Rejects as for `healthRoutes`. */
export type Ready = () => Promise<{ readonly away: readonly 'nats'[] }>

const liveSchema = {
  operationId: 'checkLiveness',
  tags: ['Service'],
  summary: 'Whether the process answers',
  description: 'For whoever restarts it.',
  querystring: NoQuery,
  response: { 200: healthy('It does.', Health), ...problems('method_not_allowed') },
}

const readySchema = {
  operationId: 'checkReadiness',
  tags: ['Service'],
  summary: 'Whether the server can do its work',
  description: 'Not while the store cannot be read or written, nor before a shutdown. For load balancers.',
  querystring: NoQuery,
  response: {
    200: healthy('It can; `degraded`: more slowly, since what `away` names is away.', Readiness),
    ...problems('method_not_allowed', 'unavailable'),
  },
}

/** `ready` rejects, with `unavailable` or `draining`, when the server should get no requests. */
export const healthRoutes: FastifyPluginAsyncZod<{ readonly ready: Ready }> = async (app, { ready }) => {
  app.get('/health/live', { schema: liveSchema }, async () => ({ status: 'ok' as const }))
  app.get('/health/ready', { schema: readySchema }, async () => {
    const { away } = await ready().catch((cause: unknown) => {
      if (cause instanceof HermesError && cause.status === 503) throw cause
      throw new HermesError('unavailable', undefined, { cause })
    })
    return away.length === 0 ? { status: 'ok' as const } : { status: 'degraded' as const, away: [...away] }
  })
}
