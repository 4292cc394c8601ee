import type { FastifyReply, FastifyRequest } from 'fastify'
import type { ErrorCode } from '../../errors.js'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Refusals after which the connection closes (protocol.md §2 "Closes"). */
    readonly closeOn?: readonly ErrorCode[]
  }
}

/** Has the server end the connection after this answer; what is pipelined behind it is dropped (request-order.ts). */
export function closeConnection(reply: FastifyReply): void {
  reply.header('connection', 'close')
}

/** Closes if the configuration of the route says so for this refusal. */
export function closeOnRefusal(request: FastifyRequest, reply: FastifyReply, code: ErrorCode): void {
  if (request.routeOptions.config?.closeOn?.includes(code)) closeConnection(reply)
}
