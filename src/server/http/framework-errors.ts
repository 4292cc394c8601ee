import type { Socket } from 'node:net'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { HermesError } from '../../errors.js'
import { sendProblem, toHermesError, URI_CHARACTERS } from './error-handler.js'
import type { RefuseSocket } from './refuse-socket.js'
import { inTurn } from './request-order.js'

interface ClientError extends Error {
  readonly code?: string
  readonly rawPacket?: unknown
}

/** Fastify's own refusals before routing: a target that cannot be decoded, a parameter that is too long. */
export function answerFrameworkError(error: Error, request: FastifyRequest, reply: FastifyReply): void {
  sendProblem(request, reply, toHermesError(error))
}

/** What Node's parser refuses. Whoever failed the TLS handshake or is gone gets nothing. */
export function createClientErrorHandler(refuse: RefuseSocket): (error: ClientError, socket: Socket) => void {
  return (error, socket) => {
    const refusal = parserRefusal(error)
    if (refusal === 'gone') return void socket.destroy()
    if (refusal === 'ignored') return
    // Not the error itself: it holds what came, which may be a password.
    inTurn(socket, (response) => refuse(socket, refusal, { response, parser: error.code }))
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
