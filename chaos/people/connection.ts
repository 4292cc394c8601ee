import type { WebSocket } from 'ws'
import type { Credentials } from '../../src/client/credentials.js'
import { type Frame, type Notification, parseNotification, parseServerFrame } from '../../src/client/frames.js'
import { openHubSocket } from '../../src/client/hub-socket.js'
import { METHODS, type Method, type ParamsOf, type ResultOf } from '../../src/client/methods.js'
import { refusalFromRpc } from '../../src/client/refusal.js'
import { now } from '../now.js'
import { Lost, outcomeOf, type Recorder } from './recorder.js'

interface Pending {
  readonly method: Method
  readonly params: object
  readonly since: number
  readonly resolve: (result: unknown) => void
  readonly reject: (error: Error) => void
}

export interface ConnectionOptions {
  readonly number: number
  readonly url: string
  readonly rootPem: string
  readonly device: string
  readonly credentials: Credentials
  readonly recorder: Recorder
  /** Called in the moment in which a notification comes. */
  readonly onNotification: (notification: Notification) => void
}

const BROKEN = 1006

/**
 * A WebSocket of a device. Everything is written down in the moment in which its frame is read: the order of the
 * history is that of the frames.
 */
export class Connection {
  readonly number: number
  readonly certificate: string
  readonly closed: Promise<void>
  readonly #options: ConnectionOptions
  readonly #socket: WebSocket
  readonly #since = now()
  readonly #pending = new Map<number, Pending>()
  #nextId = 1
  #hasBegun = false
  #silence: NodeJS.Timeout | undefined
  #begun: () => void = () => {}

  private constructor(options: ConnectionOptions, socket: WebSocket) {
    this.#options = options
    this.#socket = socket
    this.number = options.number
    this.certificate = options.credentials.fingerprint
    socket.on('message', (data) => this.#receive((data as Buffer).toString()))
    socket.on('error', () => socket.terminate())
    this.closed = new Promise((resolve) => {
      socket.on('close', (code) => {
        this.#end(code)
        resolve()
      })
    })
  }

  /** Resolves when `hello` came. Rejects with Refusal, ClientError or Lost. */
  static async open(options: ConnectionOptions): Promise<Connection> {
    const { url, rootPem, device, credentials } = options
    const { certificate, key } = credentials
    const { socket, opened } = openHubSocket({ url, rootPem, certificate, key, device })
    const connection = new Connection(options, socket)
    const begun = new Promise<void>((resolve) => {
      connection.#begun = resolve
    })
    await opened
    await Promise.race([begun, connection.closed])
    if (!connection.#hasBegun) throw new Lost('closed before hello')
    return connection
  }

  get isOpen(): boolean {
    return this.#hasBegun && this.#socket.readyState === this.#socket.OPEN
  }

  call<M extends Method>(method: M, params: ParamsOf<M>): Promise<ResultOf<M>> {
    if (!this.isOpen) return Promise.reject(new Lost('the connection is closed'))
    const id = this.#nextId++
    const since = now()
    return new Promise<ResultOf<M>>((resolve, reject) => {
      this.#pending.set(id, { method, params, since, resolve: (result) => resolve(result as ResultOf<M>), reject })
      this.#write({ jsonrpc: '2.0', id, method, params })
    })
  }

  /** Without an answer. */
  acknowledge(conversation: string, seq: number): void {
    if (!this.isOpen) return
    this.#options.recorder.write({ kind: 'ack', t: now(), connection: this.number, conversation, seq })
    this.#write({ jsonrpc: '2.0', method: 'ack', params: { conversation, seq } })
  }

  acknowledgeInvitation(invitation: string): void {
    if (this.isOpen) this.#write({ jsonrpc: '2.0', method: 'ack', params: { invitation } })
  }

  close(): void {
    this.#socket.close(1000)
  }

  terminate(): void {
    this.#socket.terminate()
  }

  #write(frame: object): void {
    this.#socket.send(JSON.stringify(frame))
  }

  #receive(text: string): void {
    try {
      this.#take(parseServerFrame(text))
    } catch (error) {
      const via = { connection: this.number, certificate: this.certificate }
      this.#options.recorder.called('whoami', {}, via, now(), outcomeOf(error))
      this.#socket.terminate()
    }
  }

  #take(frame: Frame): void {
    if (!('method' in frame)) return this.#answer(frame)
    const notification = parseNotification(frame.method, frame.params)
    if (!notification) return
    this.#record(notification)
    this.#options.onNotification(notification)
  }

  #answer(frame: Exclude<Frame, { method: string }>): void {
    const pending = this.#pending.get(Number(frame.id))
    if (!pending) return
    this.#pending.delete(Number(frame.id))
    if ('error' in frame) return this.#fail(pending, refusalFromRpc(frame.error))
    const parsed = METHODS[pending.method].result.safeParse(frame.result)
    if (!parsed.success) return this.#fail(pending, new Error(`${pending.method} answered another shape`))
    this.#called(pending, { result: parsed.data })
    pending.resolve(parsed.data)
  }

  #fail(pending: Pending, error: Error): void {
    this.#called(pending, outcomeOf(error))
    pending.reject(error)
  }

  #called({ method, params, since }: Pending, outcome: object): void {
    const via = { connection: this.number, certificate: this.certificate }
    this.#options.recorder.called(method, params, via, since, outcome as never)
  }

  #record(notification: Notification): void {
    const { recorder } = this.#options
    const base = { t: now(), connection: this.number }
    if (notification.method === 'hello') return this.#begin(notification.params.heartbeatSeconds)
    if (notification.method === 'event') recorder.write({ kind: 'pushed', ...base, event: notification.params })
    if (notification.method === 'gap') recorder.write({ kind: 'gap', ...base, gap: notification.params })
    if (notification.method !== 'signal') return
    const { conversation, from, payload } = notification.params
    recorder.write({ kind: 'signal', ...base, conversation, from: from.username, payload })
  }

  #begin(heartbeatSeconds: number): void {
    const { number: connection, certificate } = this
    this.#options.recorder.write({ kind: 'opened', t: now(), since: this.#since, connection, certificate })
    this.#hasBegun = true
    this.#watch(2 * heartbeatSeconds * 1000)
    this.#begun()
  }

  /** The server pings: silence for two heartbeats is the end, whatever TCP says. */
  #watch(ms: number): void {
    const heard = () => {
      clearTimeout(this.#silence)
      this.#silence = setTimeout(() => this.#socket.terminate(), ms)
    }
    heard()
    this.#socket.on('ping', heard)
    this.#socket.on('message', heard)
  }

  #end(code: number): void {
    clearTimeout(this.#silence)
    for (const pending of this.#pending.values()) this.#fail(pending, new Lost(`closed with ${code}`))
    this.#pending.clear()
    if (this.#hasBegun)
      this.#options.recorder.write({ kind: 'closed', t: now(), connection: this.number, code: code || BROKEN })
  }
}
