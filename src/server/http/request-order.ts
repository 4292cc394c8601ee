import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { HermesError } from '../../errors.js'
import type { RefuseSocket } from './refuse-socket.js'

/** Requests that may wait behind one that is not answered yet; the next is refused when it is its turn. */
const PIPELINED_MAX = 64
/** Requests behind the one that is refused, which are dropped; whoever sends more of them is cut off. */
const DROPPED_MAX = 256

interface Waiting {
  /** Null for what is no request, such as the answer to a malformed one. */
  readonly request: IncomingMessage | null
  readonly begin: () => void
}

interface Line {
  current: { readonly request: IncomingMessage; readonly response: ServerResponse } | null
  readonly waiting: Waiting[]
  /** One was too many, so that none of those behind it is run. */
  isOver: boolean
  dropped: number
}

const lines = new WeakMap<Duplex, Line>()

/**
 * Node parses pipelined requests ahead, and Fastify runs their handlers although an earlier answer closes the
 * connection. This runs the requests of one socket one after another, and drops those behind such an answer.
 */
export function inOrder(handler: RequestListener, refuse: RefuseSocket): RequestListener {
  return (request, response) => {
    const { socket } = request
    const line = lineOf(socket)
    if (line.isOver) {
      line.dropped += 1
      return line.dropped > DROPPED_MAX ? void socket.destroy() : undefined
    }
    const begin = () => {
      line.current = { request, response }
      response.once('close', () => proceed(socket, line))
      handler(request, response)
    }
    if (line.current === null && line.waiting.length === 0) return begin()
    line.isOver = line.waiting.length >= PIPELINED_MAX
    line.waiting.push(line.isOver ? { request: null, begin: () => refuse(socket, tooMany()) } : { request, begin })
  }
}

/**
 * Runs `act` when it is the turn of what came on `socket` last, and went wrong: at once if that is the body of
 * the request in hand, else behind the answers that are due before it. `act` gets the answer in hand, if any.
 */
export function inTurn(socket: Duplex, act: (response: ServerResponse | null) => void): void {
  const line = lineOf(socket)
  if (line.current === null || !line.current.request.complete) {
    act(line.current?.response ?? null)
    return
  }
  if (line.waiting.at(-1)?.request?.complete === false) line.waiting.pop()
  line.waiting.push({ request: null, begin: () => act(null) })
}

function tooMany(): HermesError {
  const sentence = `At most ${PIPELINED_MAX} requests of one connection may wait behind one that is not answered`
  return new HermesError('rate_limited', sentence, { retryAfterMs: 1000 })
}

function lineOf(socket: Duplex): Line {
  const known = lines.get(socket)
  if (known !== undefined) return known
  const line: Line = { current: null, waiting: [], isOver: false, dropped: 0 }
  lines.set(socket, line)
  return line
}

function proceed(socket: Duplex, line: Line): void {
  line.current = null
  // Node has ended the socket by now if the answer said `Connection: close`.
  if (socket.destroyed || socket.writableEnded) line.waiting.length = 0
  line.waiting.shift()?.begin()
}
