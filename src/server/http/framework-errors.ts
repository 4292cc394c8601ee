import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Logger } from 'pino'
import { HermesError } from '../../errors.js'
import type { HttpFigures } from '../metrics/http-figures.js'
import { sendProblem, toHermesError, URI_CHARACTERS } from './error-handler.js'
import { problemHeaders, toProblem } from './problem.js'
import { createRequestId } from './request-id.js'
import { inTurn } from './request-order.js'

interface ClientError extends Error {
  readonly code?: string
  readonly rawPacket?: unknown
}

/** Fastify's own refusals before routing: a target that cannot be decoded, a parameter that is too long. */
export function answerFrameworkError(error: Error, request: FastifyRequest, reply: FastifyReply): void {
  sendProblem(request, reply, toHermesError(error))
}

/**
 * What Node's parser refuses. The answer is a problem too, written to the socket itself, and then the connection
 * closes. Whoever failed the TLS handshake or is gone gets nothing.
 */
export function createClientErrorHandler(
  logger: Logger,
  figures: HttpFigures | undefined,
): (error: ClientError, socket: Socket) => void {
  return (error, socket) => {
    const refusal = parserRefusal(error)
    if (refusal === 'gone') return void socket.destroy()
    if (refusal === 'ignored') return
    inTurn(socket, (response) => {
      if (socket.destroyed || socket.writableEnded) return
      if (response?.headersSent || !socket.writable) return void socket.destroy()
      const requestId = createRequestId()
      figures?.refused(refusal.code)
      // Not the error itself: it holds what came, which may be a password.
      logger.info({ requestId, code: refusal.code, parser: error.code }, refusal.message)
      socket.write(rawProblem(refusal, requestId))
      socket.destroySoon()
    })
  }
}

function parserRefusal(error: ClientError): HermesError | 'gone' | 'ignored' {
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return new HermesError('request_timeout', 'The request did not arrive in time (HERMES_CONNECTION_SECONDS)')
  if (error.code === 'HPE_HEADER_OVERFLOW') return overflow(error)
  if (error.code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW')
    return new HermesError('too_large', 'The chunk extensions are too long')
  // More bytes after a request with `Connection: close`: its answer is still due, and the last one.
  if (error.code === 'HPE_CLOSED_CONNECTION') return 'ignored'
  if (!error.code?.startsWith('HPE_')) return 'gone'
  return new HermesError('invalid_request', `The request is not well-formed HTTP/1.1: ${error.message}`)
}

/** Node reports a request target and header fields that are too long alike; the packet tells which it was. */
function overflow(error: ClientError): HermesError {
  const [line = ''] = (Buffer.isBuffer(error.rawPacket) ? error.rawPacket.toString('latin1') : ' ').split('\n', 1)
  const isTarget = new RegExp(`^[A-Z]+ \\S{${URI_CHARACTERS}}`).test(line) || /^\S+( HTTP\/1\.\d\r?)?$/.test(line)
  if (isTarget) return new HermesError('uri_too_long', `The request target may have ${URI_CHARACTERS} characters`)
  return new HermesError('headers_too_large', 'The header fields of a request may have 16384 bytes in all')
}

function rawProblem(refusal: HermesError, requestId: string): string {
  const body = JSON.stringify(toProblem(refusal, requestId))
  const headers = {
    ...problemHeaders(refusal),
    date: new Date().toUTCString(),
    connection: 'close',
    'content-length': String(Buffer.byteLength(body)),
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return `HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status] ?? 'Error'}\r\n${lines.join('')}\r\n${body}`
}
