import type { Socket } from 'node:net'
import type { FastifyBaseLogger } from 'fastify'
import type { RawData, WebSocket } from 'ws'
import { HermesError } from '../../errors.js'
import type { Caller } from '../../hub/caller.js'
import type { Session } from '../../hub/delivery/session.js'
import type { Hub } from '../../hub/hub.js'
import type { Answer, Operation, Reply } from '../../hub/operations/operation.js'
import { OPERATIONS } from '../../hub/operations/table.js'
import { CLOSE, type ClientLimits, type Close } from '../../wire/frames.js'
import { toHermesError } from '../http/error-handler.js'
import type { WireFigures } from '../metrics/wire-figures.js'
import { helloOf } from './hello.js'
import {
  encodeAnswer,
  encodeRefusal,
  encodeRpcError,
  paramsError,
  parseFrame,
  RpcError,
  type RpcRequest,
  readId,
} from './json-rpc.js'
import { Lane } from './lane.js'
import { Share } from './share.js'
import { SocketSink } from './socket-sink.js'
import { Violations } from './violations.js'

const VIOLATIONS_MAX = 20
const REFUSED_MAX = 100

const METHODS = new Map<string, Operation>(
  OPERATIONS.flatMap((operation) => (operation.method === null ? [] : [[operation.method, operation] as const])),
)

export interface ConnectionOptions {
  readonly hub: Hub
  readonly caller: Caller
  readonly autoAcknowledge: boolean
  readonly heartbeatSeconds: number
  readonly limits: ClientLimits
  readonly wire: WireFigures
  readonly logger: FastifyBaseLogger
  readonly onClose: (connection: Connection) => void
}

/** One WebSocket: takes frames in order, each until it has its place among the commands, and writes answers. */
export class Connection {
  readonly #options: ConnectionOptions
  readonly #socket: WebSocket
  readonly #sink: SocketSink
  readonly #lane = new Lane()
  readonly #share = new Share(() => this.#advance())
  readonly #violations = new Violations(VIOLATIONS_MAX)
  readonly #refused = new Violations(REFUSED_MAX)
  #session: Session | null = null
  #isBusy = true
  #isEnded = false
  /** Monotonic milliseconds of the last sign of life. */
  heardAt = performance.now()
  pingAt: number

  constructor(socket: WebSocket, raw: Socket, options: ConnectionOptions) {
    this.#socket = socket
    this.#options = options
    const failed = (error: unknown) => options.logger.error({ err: error }, 'a session failed')
    this.#sink = new SocketSink(socket, raw, options.wire.sent, failed)
    this.pingAt = performance.now() + Math.random() * options.heartbeatSeconds * 1000
    // Listeners come first: what arrives while the session opens must not be lost.
    socket.on('message', (data, isBinary) => this.#receive(data, isBinary))
    socket.on('pong', () => this.#heard())
    socket.on('ping', () => this.#heard())
    socket.on('close', (code) => this.#end(code))
    socket.on('error', (error) => options.logger.debug({ err: error }, 'a socket failed'))
    raw.on('drain', () => {
      this.#session?.pump()
      this.#advance()
    })
  }

  async open(): Promise<void> {
    const { hub, caller, autoAcknowledge } = this.#options
    try {
      const session = await hub.connect(caller, this.#sink, { autoAcknowledge })
      this.#session = session
      if (this.#isEnded) return hub.disconnect(session)
      if (session.isClosed) return
      this.#sink.notify('hello', JSON.stringify(helloOf(session, this.#options)))
      session.pump()
      this.#isBusy = false
      this.#advance()
    } catch (error) {
      this.#refuseToOpen(toHermesError(error))
    }
  }

  close(close: Close): void {
    if (this.#session) this.#session.close(close)
    else this.#sink.close(close)
  }

  notify(method: 'draining', params: string): void {
    this.#session?.notify(method, params)
  }

  ping(): void {
    this.#socket.ping()
  }

  terminate(): void {
    this.#socket.terminate()
  }

  #refuseToOpen(error: HermesError): void {
    if (error.status >= 500) this.#options.logger.error({ err: error.cause ?? error }, 'a session could not open')
    this.#sink.answer(encodeRefusal(null, error))
    this.#sink.close(CLOSE.overloaded)
  }

  #heard(): void {
    this.heardAt = performance.now()
  }

  #receive(data: RawData, isBinary: boolean): void {
    this.#heard()
    this.#options.wire.received += 1
    if (this.#isOver) return
    if (isBinary) return this.close(CLOSE.unsupportedData)
    const text = (data as Buffer).toString()
    if (this.#lane.isOverfull) return this.#refuseFlood(text)
    this.#lane.push(text)
    if (this.#lane.isFull) this.#socket.pause()
    this.#advance()
  }

  /** Closing or closed: nothing that still waits is done any more. */
  get #isOver(): boolean {
    return this.#isEnded || this.#session?.isClosed === true
  }

  #refuseFlood(text: string): void {
    const id = readId(text) ?? null
    this.#sink.answer(
      encodeRefusal(
        id,
        new HermesError('rate_limited', 'too many requests wait: HERMES_REQUESTS_PER_SECOND', { retryAfterMs: 1000 }),
      ),
    )
    if (this.#refused.add(performance.now())) this.close(CLOSE.flooding)
  }

  /** Takes the next frames, unless the client leaves unread what it was answered: then they wait, and with them he. */
  #advance(): void {
    while (!this.#isBusy && !this.#isOver && !this.#sink.isBehind && !this.#share.isSpent) {
      const text = this.#lane.shift()
      if (this.#socket.isPaused && !this.#lane.isFull) this.#socket.resume()
      if (text === undefined) return
      this.#share.take()
      this.#take(text)
    }
  }

  #take(text: string): void {
    this.#attempt(() => this.#handle(parseFrame(text)))
  }

  #attempt(handle: () => void): void {
    if (!this.#session?.lifetime.goesOn(this.#options.hub.services.now().getTime())) return
    try {
      handle()
    } catch (error) {
      if (!(error instanceof RpcError)) throw error
      this.#options.wire.invalid += 1
      this.#sink.answer(encodeRpcError(error))
      if (error.code !== -32601 && this.#violations.add(performance.now())) this.close(CLOSE.violation)
    }
  }

  #handle(request: RpcRequest): void {
    const { id = null, method } = request
    if (request.id === undefined && method !== 'ack') throw new RpcError(-32600, 'only ack may come without id')
    const waitMs = method === 'ack' ? 0 : this.#options.hub.rate.take(this.#options.caller.actor.userId)
    if (waitMs > 0) return this.#hold(request, waitMs)
    const operation = METHODS.get(method)
    if (!operation) throw new RpcError(-32601, `there is no method ${method.slice(0, 64)}`, id)
    this.#run(request, operation)
  }

  /** He has spent his share: his socket waits, and with it he. */
  #hold(request: RpcRequest, waitMs: number): void {
    this.#isBusy = true
    this.#socket.pause()
    setTimeout(() => {
      this.#isBusy = false
      if (this.#isOver) return
      if (!this.#lane.isFull) this.#socket.resume()
      this.#attempt(() => this.#handle(request))
      this.#advance()
    }, waitMs)
  }

  #run({ id, params: given }: RpcRequest, operation: Operation): void {
    const session = this.#session
    if (!session) return
    if (id !== undefined) this.#share.begin()
    const reply = this.#options.wire.timed(operation.name, (answer) => this.#answer(id, answer))
    const parsed = operation.params.safeParse(given)
    if (!parsed.success) return reply({ error: paramsError(parsed.error) })
    const call = { hub: this.#options.hub.services, caller: this.#options.caller, session }
    try {
      const placed = operation.handle(call, parsed.data, reply)
      if (placed) this.#wait(reply, placed)
    } catch (error) {
      reply({ error: toHermesError(error) })
    }
  }

  #wait(reply: Reply<unknown>, placed: Promise<void>): void {
    this.#isBusy = true
    placed
      .catch((error: unknown) => reply({ error: toHermesError(error) }))
      .finally(() => {
        this.#isBusy = false
        this.#advance()
      })
  }

  #answer(id: RpcRequest['id'], answer: Answer<unknown>): void {
    if ('error' in answer && answer.error.status >= 500)
      this.#options.logger.error(
        { err: answer.error.cause ?? answer.error, code: answer.error.code },
        answer.error.message,
      )
    if (id === undefined) return
    this.#share.end()
    if (this.#session?.isClosed) return
    this.#sink.answer(encodeAnswer(id, answer))
  }

  #end(code: number): void {
    this.#isEnded = true
    this.#options.wire.closed(code)
    this.#lane.clear()
    if (this.#session) this.#options.hub.disconnect(this.#session)
    this.#options.onClose(this)
  }
}
