import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { Logger } from 'pino'
import { HermesError } from '../../errors.js'
import type { HttpFigures } from '../metrics/http-figures.js'
import { problemHeaders, toProblem } from './problem.js'
import { createRequestId } from './request-id.js'
import { inTurn } from './request-order.js'

interface Circumstances {
  /** The answer in hand, if any. */
  readonly response?: ServerResponse | null
  /** What Node's parser said. */
  readonly parser?: string | undefined
  readonly headers?: Readonly<Record<string, string>>
}

/** Writes a problem to a socket for which Fastify sees no request, and closes it. */
export type RefuseSocket = (socket: Socket, refusal: HermesError, circumstances?: Circumstances) => void

export function createRefuseSocket(logger: Logger, figures: HttpFigures | undefined): RefuseSocket {
  return (socket, refusal, { response, parser, headers = {} } = {}) => {
    if (socket.destroyed || socket.writableEnded) return
    if (response?.headersSent || !socket.writable) return void socket.destroy()
    const requestId = createRequestId()
    figures?.refused(refusal.code)
    logger.info({ requestId, code: refusal.code, parser }, refusal.message)
    socket.write(rawProblem(refusal, requestId, headers))
    socket.destroySoon()
  }
}

/** Node gives CONNECT to nobody who asks for requests, and without this it would end the connection without a word. */
export function refuseConnect(server: Server, refuse: RefuseSocket): void {
  server.on('connect', (_request: IncomingMessage, socket: Socket) => {
    // Node has let go of it.
    socket.on('error', () => socket.destroy())
    socket.resume()
    const refusal = new HermesError('method_not_allowed', 'Hermes is no proxy: there is no CONNECT')
    // [RFC 9110 15.5.6]
    inTurn(socket, (response) => refuse(socket, refusal, { response, headers: { allow: '' } }))
  })
}

function rawProblem(refusal: HermesError, requestId: string, more: Readonly<Record<string, string>>): string {
  const body = JSON.stringify(toProblem(refusal, requestId))
  const headers = {
    ...problemHeaders(refusal),
    ...more,
    date: new Date().toUTCString(),
    connection: 'close',
    'content-length': String(Buffer.byteLength(body)),
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return `HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status] ?? 'Error'}\r\n${lines.join('')}\r\n${body}`
}
