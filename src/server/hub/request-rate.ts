import type { FastifyRequest } from 'fastify'
import { HermesError } from '../../errors.js'
import type { Hub } from '../../hub/hub.js'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Its requests do not count (protocol.md "Flow"). */
    readonly isFree?: boolean
  }
}

/** Counts a request, whatever will come of it, and refuses what is too many. To be called behind the guard. */
export function spendRequest({ rate }: Hub, { caller, routeOptions }: FastifyRequest): void {
  if (!caller || routeOptions.config?.isFree) return
  const waitMs = rate.take(caller.actor.userId)
  if (waitMs > 0)
    throw new HermesError('rate_limited', 'too many requests: HERMES_REQUESTS_PER_SECOND', { retryAfterMs: waitMs })
}
