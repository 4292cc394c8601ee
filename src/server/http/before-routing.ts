import type { IncomingMessage } from 'node:http'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { HermesError } from '../../errors.js'
import { sendProblem, URI_CHARACTERS } from './error-handler.js'
import { trackRoutes } from './known-routes.js'

/** Decodes, and is no route. */
const UNDECODABLE = '/%25'

/**
 * A request target for the router, which answers one that does not decode before any hook: with another in its
 * place it passes the guard like every request, and is refused behind it.
 */
export function routableTarget({ url = '' }: IncomingMessage): string {
  try {
    decodeURIComponent(url.split(/[?#]/, 1)[0] ?? '')
    return url
  } catch {
    return UNDECODABLE
  }
}

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
    if (request.originalUrl.length > URI_CHARACTERS)
      throw new HermesError('uri_too_long', `The request target may have ${URI_CHARACTERS} characters`)
    if (request.originalUrl !== request.url)
      throw new HermesError('invalid_request', 'The path of the request target must be percent-encoded UTF-8')
    refuseHost(request.raw)
    if (request.is404) return refuseUnknown(request, reply)
  })
  app.setNotFoundHandler(refuseUnknown)
}

/** [RFC 9112 3.2] */
function refuseHost({ httpVersion, rawHeaders }: IncomingMessage): void {
  const hosts = rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'host').length
  if (hosts > 1) throw new HermesError('invalid_request', 'A request may have one Host field')
  if (httpVersion === '1.1' && hosts === 0)
    throw new HermesError('invalid_request', 'A request of HTTP/1.1 must have a Host field')
}
