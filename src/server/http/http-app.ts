import { createServer as createHttpServer, type Server } from 'node:http'
import { createServer as createHttpsServer, type ServerOptions } from 'node:https'
import Fastify, {
  type FastifyInstance,
  type FastifyServerOptions,
  LogController,
  type onRequestAsyncHookHandler,
} from 'fastify'
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod'
import type { Logger } from 'pino'
import type { Config } from '../../config.js'
import type { HttpFigures } from '../metrics/http-figures.js'
import { refuseBeforeRouting, routableTarget } from './before-routing.js'
import { errorHandler } from './error-handler.js'
import { answerFrameworkError, createClientErrorHandler } from './framework-errors.js'
import { acceptJson } from './json-body.js'
import { createRefuseSocket, type RefuseSocket, refuseConnect } from './refuse-socket.js'
import { createRequestId } from './request-id.js'
import { inOrder } from './request-order.js'

export interface HttpAppOptions {
  readonly config: Pick<Config, 'bodyBytes' | 'connectionSeconds' | 'trustedProxies'>
  readonly logger: Logger
  /** Null: plain HTTP, for tests. */
  readonly https: ServerOptions | null
  /** That sets `bodyBytes`; for the refusal. */
  readonly bodyVariable?: string
  /** Runs before all else on every request, those that no route takes included. */
  readonly guard?: onRequestAsyncHookHandler
  /** Counts what is answered. */
  readonly figures?: HttpFigures
  /** Milliseconds for which a connection may stand still; for tests. */
  readonly idleMs?: number
}

/** What Node reads of a request before its body, at most. */
const HEADER_BYTES = 16_384

/**
 * A connection on which nothing goes either way for so long is ended, so that nobody keeps one by leaving its
 * answers unread. No request waits as long: polls 55 seconds, a login 60. WebSockets have their heartbeat.
 */
const IDLE_MS = 120_000

/** How often Node looks for requests that take too long. */
const TIMEOUT_CHECK_MS = 1000

/**
 * What both listeners share: problems for every refusal, requests of one socket in order, limits, ids, draining.
 * Takes `application/json` bodies; never listens.
 */
export function buildHttpApp(options: HttpAppOptions): FastifyInstance {
  const { logger, guard, figures, bodyVariable = 'HERMES_BODY_BYTES', idleMs = IDLE_MS } = options
  const app = Fastify(serverOptions(options)) as FastifyInstance
  app.decorateReply('refusal', null)
  app.server.setTimeout(idleMs)
  // Node would drop what is behind the 2000th, an Origin perhaps; HEADER_BYTES is the limit.
  app.server.maxHeadersCount = 0
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  if (guard !== undefined) app.addHook('onRequest', guard)
  refuseBeforeRouting(app)
  acceptJson(app)
  app.setErrorHandler(errorHandler(bodyVariable))
  if (logger.isLevelEnabled('debug')) logAnswers(app)
  if (figures !== undefined) countAnswers(app, figures)
  return app
}

function serverOptions({ config, logger, https, figures }: HttpAppOptions): FastifyServerOptions {
  const milliseconds = config.connectionSeconds * 1000
  const refuse = createRefuseSocket(logger, figures)
  return {
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    genReqId: createRequestId,
    bodyLimit: config.bodyBytes,
    trustProxy: config.trustedProxies.length > 0 && [...config.trustedProxies],
    return503OnClosing: false,
    // Closing takes as long as HERMES_DRAIN_SECONDS says.
    pluginTimeout: 0,
    rewriteUrl: routableTarget,
    // No header is that long: `refuseBeforeRouting` refuses long targets, behind the guard.
    routerOptions: { maxParamLength: HEADER_BYTES },
    frameworkErrors: answerFrameworkError,
    clientErrorHandler: createClientErrorHandler(refuse),
    serverFactory: (handler) => createServer(inOrder(handler, refuse), https, milliseconds, refuse),
  }
}

function createServer(
  listener: Parameters<typeof inOrder>[0],
  https: ServerOptions | null,
  milliseconds: number,
  refuse: RefuseSocket,
): Server {
  const options = {
    maxHeaderSize: HEADER_BYTES,
    requestTimeout: milliseconds,
    headersTimeout: milliseconds,
    connectionsCheckingInterval: Math.min(TIMEOUT_CHECK_MS, milliseconds),
    // Node would answer a missing Host with an empty 400; `refuseBeforeRouting` does it with a problem.
    requireHostHeader: false,
  }
  const server =
    https === null
      ? createHttpServer(options, listener)
      : createHttpsServer({ minVersion: 'TLSv1.2', handshakeTimeout: milliseconds, ...options, ...https }, listener)
  // An expectation that nobody knows may be passed over [RFC 9110 10.1.1]; Node's own 417 is no problem document.
  server.on('checkExpectation', listener)
  refuseConnect(server, refuse)
  return server
}

function logAnswers(app: FastifyInstance): void {
  app.addHook('onResponse', async (request, reply) => {
    const { method, routeOptions } = request
    request.log.debug({ method, route: routeOptions.url, status: reply.statusCode, ms: reply.elapsedTime }, 'answered')
  })
}

function countAnswers(app: FastifyInstance, figures: HttpFigures): void {
  app.addHook(
    'onResponse',
    async ({ method, is404, routeOptions }, { statusCode: status, elapsedTime: ms, refusal }) => {
      figures.answered({ method, route: is404 ? null : (routeOptions.url ?? null), status, ms, refusal })
    },
  )
}
