import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { HermesError } from '../../errors.js'
import { sendProblem, URI_CHARACTERS } from './error-handler.js'
import { trackRoutes } from './known-routes.js'

/** Refuses what no handler should see, before the body is read; to be called before any route is added. */
export function refuseBeforeRouting(app: FastifyInstance): void {
  const whyNotFound = trackRoutes(app)
  let draining = false
  app.addHook('preClose', async () => {
    draining = true
  })

  const refuseUnknown = (request: FastifyRequest, reply: FastifyReply) => {
    const { refusal, allow } = whyNotFound(request)
    if (allow !== null) reply.header('allow', allow) // [RFC 9110 15.5.6]
    sendProblem(request, reply, refusal)
    return reply
  }
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-content-type-options', 'nosniff')
    if (draining) throw new HermesError('draining', undefined, { retryAfterMs: 1000 })
    if (request.url.length > URI_CHARACTERS)
      throw new HermesError('uri_too_long', `The request target may have ${URI_CHARACTERS} characters`)
    if (request.raw.httpVersion === '1.1' && request.headers.host === undefined)
      throw new HermesError('invalid_request', 'A request of HTTP/1.1 must have a Host field') // [RFC 9112 3.2]
    if (request.is404) return refuseUnknown(request, reply)
  })
  app.setNotFoundHandler(refuseUnknown)
}
