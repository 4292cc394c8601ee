import websocket from '@fastify/websocket'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { WebSocket } from 'ws'
import { z } from 'zod'
import { HermesError } from '../../errors.js'
import type { Hub } from '../../hub/hub.js'
import { DeviceName } from '../../wire/formats.js'
import { CLOSE, type ClientLimits } from '../../wire/frames.js'
import { FRAME_BYTES, PROTOCOL } from '../../wire/limits.js'
import { problems } from '../http/problems.js'
import type { WireFigures } from '../metrics/wire-figures.js'
import { Connection } from './connection.js'
import { drain } from './drain.js'
import { HUB_ERRORS } from './rest-routes.js'
import { endUpgrades } from './upgrades.js'

export interface WebsocketOptions {
  readonly hub: Hub
  readonly heartbeatSeconds: number
  readonly drainSeconds: number
  readonly limits: ClientLimits
  readonly wire: WireFigures
}

export const PATH = '/hub'

/** How often expiries are looked after. */
const SWEEP_MS = 1000
/** How often heartbeats are: so often that the pings of many connections do not come all at once. */
const BEAT_MS = 100
/** Held up for longer, this process hears what others said in time too late. */
const LATE_MS = 1000

/** A name of HTTP [RFC 9110 5.6.2]. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/

export const ConnectQuery = z.strictObject({
  device: DeviceName.optional(),
  ack: z
    .enum(['auto'])
    .optional()
    .meta({ description: 'What was written to the socket counts as acknowledged.', example: 'auto' }),
})

const schema = {
  operationId: 'connect',
  summary: 'Open a WebSocket',
  description:
    'JSON-RPC 2.0 in text frames, subprotocol hermes.v1; see docs/protocol.md. Without an upgrade it is refused.',
  tags: ['WebSocket'],
  querystring: ConnectQuery,
  response: {
    101: z.undefined().meta({ description: 'Switching protocols.' }),
    ...problems(...HUB_ERRORS, 'quota_exceeded'),
  },
}

/** The WebSocket at /hub. Its guard and its refusals are those of every request. */
export async function websocketRoute(app: FastifyInstance, options: WebsocketOptions): Promise<void> {
  const connections = new Set<Connection>()
  endUpgrades(app)
  app.addHook('preClose', () => drain(connections, options.drainSeconds * 1000))
  await app.register(websocket, {
    errorHandler: endFailed,
    options: {
      maxPayload: FRAME_BYTES,
      perMessageDeflate: false,
      handleProtocols: (offered) => offered.has(PROTOCOL) && PROTOCOL,
    },
    preClose(done) {
      for (const session of [...options.hub.services.delivery.sessions]) session.close(CLOSE.restart)
      this.websocketServer.close(() => done())
    },
  })
  lookAfter(app, connections, options)
  // `ws` is not set yet where the guard refuses.
  app.addHook('onResponse', async ({ headers }, { refusal }) => {
    if (headers.upgrade !== undefined && refusal !== null) options.wire.upgradeRefused(refusal)
  })
  app.addHook('onRequest', async ({ ws, routeOptions }) => {
    if (ws && routeOptions.url !== PATH) throw new HermesError('invalid_request', `A WebSocket is at ${PATH} alone`)
  })
  app.route({
    method: 'GET',
    url: PATH,
    schema,
    preHandler: async (request) => {
      refuseHandshake(request)
      // One device too many is told so while there is an answer to tell it in.
      if (request.ws && request.caller) await options.hub.openDevice(request.caller)
    },
    handler: async () => {
      throw new HermesError('invalid_request', 'Connect here with a WebSocket client')
    },
    wsHandler: (socket, request) => {
      const connection = new Connection(socket, request.raw.socket, connectionOptions(request, connections, options))
      connections.add(connection)
      options.wire.upgrades += 1
      return connection.open()
    },
  })
}

/** Of what a client or its network did, ws closes the socket with the code that says so; all else is ours. */
function endFailed(error: Error, socket: WebSocket, request: FastifyRequest): void {
  if ('code' in error) return
  request.log.error({ err: error }, 'a connection failed')
  socket.terminate()
}

/** Heartbeats, and what time alone brings about, until the end. */
function lookAfter(app: FastifyInstance, connections: ReadonlySet<Connection>, options: WebsocketOptions): void {
  let beatAt = performance.now()
  const beats = setInterval(() => {
    const late = performance.now() - beatAt - BEAT_MS
    beatAt = performance.now()
    beat(connections, options.heartbeatSeconds * 1000, late > LATE_MS ? late : 0)
  }, BEAT_MS)
  const sweep = setInterval(() => {
    options.hub.sweep().catch((error: unknown) => app.log.error({ err: error }, 'a sweep failed'))
  }, SWEEP_MS)
  app.addHook('onClose', async () => {
    clearInterval(beats)
    clearInterval(sweep)
  })
}

function connectionOptions(request: FastifyRequest, connections: Set<Connection>, options: WebsocketOptions) {
  if (!request.caller) throw new HermesError('certificate_required')
  const { ack } = request.query as z.output<typeof ConnectQuery>
  return {
    ...options,
    caller: request.caller,
    autoAcknowledge: ack === 'auto',
    logger: request.log,
    onClose: (connection: Connection) => void connections.delete(connection),
  }
}

/** What ws would refuse without a problem document [RFC 6455 4.2.1]. */
function refuseHandshake({ headers, raw, ws }: FastifyRequest): void {
  if (!ws) return
  if (raw.httpVersion !== '1.1') throw new HermesError('invalid_request', 'An upgrade needs HTTP/1.1')
  const { 'sec-websocket-version': version, 'sec-websocket-key': key = '', 'sec-websocket-protocol': offered } = headers
  if (headers.upgrade?.toLowerCase() !== 'websocket')
    throw new HermesError('invalid_request', 'Upgrade must be websocket')
  if (version !== '13') throw new HermesError('invalid_request', 'Sec-WebSocket-Version must be 13')
  if (!/^[+/0-9A-Za-z]{22}==$/.test(key))
    throw new HermesError('invalid_request', 'Sec-WebSocket-Key must be 16 bytes in base64')
  if (offered !== undefined) refuseSubprotocols(offered.split(',').map((name) => name.trim()))
}

function refuseSubprotocols(offered: readonly string[]): void {
  const areTokens = offered.every((name) => TOKEN.test(name)) && new Set(offered).size === offered.length
  if (!areTokens) throw new HermesError('invalid_request', 'Sec-WebSocket-Protocol must be a list of names, each once')
  if (!offered.includes(PROTOCOL))
    throw new HermesError('invalid_request', `the subprotocols offered are not spoken here: offer ${PROTOCOL}, or none`)
}

/** `lateMs`: this process was held up for so long, which is not to be held against those it did not hear. */
function beat(connections: ReadonlySet<Connection>, heartbeatMs: number, lateMs: number): void {
  const now = performance.now()
  for (const connection of connections) {
    connection.heardAt += lateMs
    if (now - connection.heardAt >= 2 * heartbeatMs) connection.close(CLOSE.silent)
    else if (now >= connection.pingAt) {
      connection.pingAt = now + heartbeatMs
      connection.ping()
    }
  }
}
