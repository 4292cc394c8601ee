import type { WebSocket } from 'ws'
import type { ConversationEvent } from '../wire/events.js'
import type { HelloParams } from '../wire/frames.js'
import { type CloseReason, closeReason } from './close-reason.js'
import { type Frame, type Notification, parseNotification, parseServerFrame } from './frames.js'
import { type HubOptions, OPEN_MS, openHubSocket } from './hub-socket.js'
import { Inbox } from './inbox.js'
import { METHODS, type Method, type ParamsOf, type ResultOf } from './methods.js'
import { refusalFromRpc } from './refusal.js'
import { VerificationError, verify } from './verification-error.js'

interface Pending {
  readonly method: Method
  resolve(result: unknown): void
  reject(error: Error): void
}

/** Signals that nobody took are worth nothing. */
const SIGNALS_MAX = 256
/** What a hub may push beside a window of events, and the largest window there is; only one that floods goes beyond. */
const PUSHED_MAX = 1024
const WINDOW_MAX = 65_536
/** The same in bytes of frames. */
const PUSHED_BYTES_MAX = 64 * 1024 * 1024
const WINDOW_BYTES_MAX = 1024 * 1024 * 1024
/** Node's timers hold no more than 2^31 - 1 ms. */
const HEARTBEAT_SECONDS_MAX = 86_400
const NORMAL_CLOSE = 1000
const PROTOCOL_ERROR = 1002

/** The connection ended before the answer came: whether the call took effect is not known. */
export class ConnectionClosed extends Error {
  override readonly name = 'ConnectionClosed'
  readonly close: CloseReason

  constructor(close: CloseReason) {
    super(`the connection closed with ${close.code}: ${close.reason}`)
    this.close = close
  }
}

/** What live conversations need of a connection. */
export type Connection = Pick<HubClient, 'call' | 'batch' | 'acknowledge' | 'acknowledgeUpTo' | 'closed' | 'close'>

/**
 * One live connection of a device to the hub. Calls are answered by `call`, in any order; what the server pushes
 * comes out of `notifications`, in the order it was sent. Nothing is acknowledged but by `acknowledge`.
 */
export class HubClient {
  /** What the server pushed, `hello` first, for one reader. Ends when the connection does. */
  readonly notifications: AsyncIterableIterator<Notification, undefined>
  /** Resolves when the connection has ended, with the reason. */
  readonly closed: Promise<CloseReason>
  readonly #inbox = new Inbox<Notification>()
  readonly #socket: WebSocket
  readonly #pending = new Map<number, Pending>()
  #nextId = 1
  #heartbeatMs: number
  #pushedMax = PUSHED_MAX
  #pushedBytesMax = PUSHED_BYTES_MAX
  #silence: NodeJS.Timeout | undefined

  private constructor(socket: WebSocket, greetMs: number) {
    this.#socket = socket
    this.#heartbeatMs = greetMs / 2
    this.notifications = this.#inbox
    this.closed = new Promise((resolve) => {
      socket.on('close', (code, reason) => resolve(this.#end(closeReason(code, reason.toString()))))
    })
    socket.on('message', (data) => this.#receive((data as Buffer).toString()))
    socket.on('ping', () => this.#heard())
    socket.on('error', () => socket.terminate())
  }

  /** Connects by mutual TLS. Rejects with Refusal when the guard refuses, Error when there is no connection. */
  static async connect(options: HubOptions): Promise<HubClient> {
    const { socket, opened } = openHubSocket(options)
    const client = new HubClient(socket, options.openMs ?? OPEN_MS)
    await opened
    client.#heard()
    return client
  }

  /** Calls a method of the hub. Rejects with Refusal, or with ConnectionClosed when no answer came. */
  call<M extends Method>(method: M, params: ParamsOf<M>): Promise<ResultOf<M>> {
    const id = this.#nextId++
    return new Promise<ResultOf<M>>((resolve, reject) => {
      if (this.#socket.readyState !== this.#socket.OPEN)
        return reject(new ConnectionClosed(closeReason(1006, 'the connection is closed')))
      this.#pending.set(id, { method, resolve: (result) => resolve(result as ResultOf<M>), reject })
      this.#write({ jsonrpc: '2.0', id, method, params })
    })
  }

  /** This device has `event` and all before it; an invitee's events have no `seq` and are acknowledged singly. */
  acknowledge(event: ConversationEvent): void {
    const { conversation, seq } = event
    if (seq !== undefined) this.acknowledgeUpTo(conversation, seq)
    else if ('invitation' in event) this.#tell('ack', { invitation: event.invitation })
  }

  /** This device has all events of a conversation up to `seq`. */
  acknowledgeUpTo(conversation: string, seq: number): void {
    this.#tell('ack', { conversation, seq })
  }

  /** What has arrived, one at least and `max` at most; empty when the connection has ended. */
  async batch(max: number): Promise<readonly Notification[]> {
    const batch: Notification[] = []
    do {
      const { value, done } = await this.#inbox.next()
      if (done) break
      batch.push(value)
    } while (this.#inbox.length > 0 && batch.length < max)
    return batch
  }

  /** Ends the connection; what was called and not answered rejects. */
  close(): Promise<CloseReason> {
    this.#socket.close(NORMAL_CLOSE)
    return this.closed
  }

  #tell(method: 'ack', params: ParamsOf<'ack'>): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#write({ jsonrpc: '2.0', method, params })
  }

  #write(frame: object): void {
    this.#socket.send(JSON.stringify(frame))
  }

  #receive(text: string): void {
    this.#heard()
    try {
      this.#take(parseServerFrame(text), text.length)
    } catch (error) {
      const words = 'the hub sent what cannot be read'
      const isLie = error instanceof VerificationError
      this.#inbox.end(isLie ? error : new VerificationError('answer_invalid', words, { cause: error }))
      this.#socket.close(PROTOCOL_ERROR)
    }
  }

  #take(frame: Frame, bytes: number): void {
    if ('method' in frame) return this.#push(parseNotification(frame.method, frame.params), bytes)
    const pending = typeof frame.id === 'number' ? this.#pending.get(frame.id) : undefined
    if (!pending) return
    this.#pending.delete(frame.id as number)
    if ('error' in frame) return pending.reject(refusalFromRpc(frame.error))
    const parsed = METHODS[pending.method].result.safeParse(frame.result)
    if (parsed.success) pending.resolve(parsed.data)
    else
      pending.reject(
        new VerificationError('answer_invalid', `${pending.method} answered what the protocol does not allow`),
      )
  }

  #push(notification: Notification | null, bytes: number): void {
    if (notification === null) return
    if (notification.method === 'hello') this.#expectHeartbeats(notification.params)
    if (notification.method === 'signal' && this.#inbox.length >= SIGNALS_MAX) return
    const hasRoom = this.#inbox.length < this.#pushedMax && this.#inbox.bytes < this.#pushedBytesMax
    verify(hasRoom, 'answer_invalid', 'the hub pushes more than a window allows')
    this.#inbox.put(notification, bytes)
  }

  #expectHeartbeats({ heartbeatSeconds, limits }: HelloParams): void {
    this.#pushedBytesMax = PUSHED_BYTES_MAX + Math.min(limits.windowBytes, WINDOW_BYTES_MAX)
    this.#pushedMax = PUSHED_MAX + Math.min(limits.windowEvents, WINDOW_MAX)
    if (heartbeatSeconds > 0) this.#heartbeatMs = Math.min(heartbeatSeconds, HEARTBEAT_SECONDS_MAX) * 1000
    this.#heard()
  }

  /** The server pings; silence for two of its heartbeats means that the connection is dead, whatever TCP says. */
  #heard(): void {
    clearTimeout(this.#silence)
    if (this.#heartbeatMs === 0) return
    this.#silence = setTimeout(() => this.#socket.terminate(), 2 * this.#heartbeatMs)
    this.#silence.unref()
  }

  #end(close: CloseReason): CloseReason {
    clearTimeout(this.#silence)
    this.#heartbeatMs = 0
    for (const pending of this.#pending.values()) pending.reject(new ConnectionClosed(close))
    this.#pending.clear()
    this.#inbox.end()
    return close
  }
}
