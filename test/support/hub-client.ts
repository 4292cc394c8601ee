import { once } from 'node:events'
import type { Test } from 'tap'
import { WebSocket } from 'ws'
import type { TestServer } from './server.js'
import type { User } from './user.js'

/** Whatever may stand in an event, a result or a notification; a test says which of it it expects. */
export interface Fields {
  readonly conversation: string
  readonly invitation: string
  readonly seq: number
  readonly at: string
  readonly type: string
  readonly from: { readonly username: string; readonly fingerprint: string; readonly device?: string }
  readonly invitee: { readonly username: string; readonly fingerprint: string }
  readonly challenge: string
  readonly expiresAt: string
  readonly roster: string
  readonly rosterSeq: number
  readonly members: readonly { readonly username: string; readonly fingerprint: string }[]
  readonly attachment?: string
  readonly attachmentDigest: string
  readonly signature: string
  readonly messageId: string
  readonly payload: string
  readonly duplicate: boolean
  readonly more: boolean
  readonly lastSeq: number
  readonly events: readonly Fields[]
  readonly [name: string]: unknown
}

interface RpcErrorObject {
  readonly code: number
  readonly message: string
  readonly data: Readonly<Record<string, unknown>>
}

export interface Frame {
  readonly id?: number | string | null
  readonly method?: string
  readonly params: Fields
  readonly result?: Fields
  readonly error?: RpcErrorObject
}

export class RpcFailure extends Error {
  readonly code: number
  readonly data: RpcErrorObject['data']
  constructor({ code, message, data }: RpcErrorObject) {
    super(message)
    this.code = code
    this.data = data
  }
}

export interface ConnectOptions {
  readonly device?: string
  readonly query?: string
  readonly protocols?: readonly string[]
  /** Acknowledge what comes: true by default. */
  readonly acknowledge?: boolean
}

/** A client of the hub for tests: requests by JSON-RPC, and everything that was pushed. */
export class HubClient {
  readonly socket: WebSocket
  readonly frames: Frame[] = []
  readonly #acknowledge: boolean
  readonly #pending = new Map<number, { resolve: (result: Fields) => void; reject: (error: Error) => void }>()
  readonly #waiting = new Set<() => void>()
  #nextId = 1
  closed: { readonly code: number; readonly reason: string } | null = null

  constructor(socket: WebSocket, acknowledge: boolean) {
    this.socket = socket
    this.#acknowledge = acknowledge
    socket.on('message', (data) => this.#receive(JSON.parse(data.toString())))
    socket.on('close', (code, reason) => {
      this.closed = { code, reason: reason.toString() }
      for (const { reject } of this.#pending.values()) reject(new Error(`closed with ${code}`))
      this.#changed()
    })
  }

  /** Calls a method; rejects with RpcFailure. */
  call(method: string, params: object = {}): Promise<Fields> {
    const id = this.#nextId++
    this.socket.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }))
    return new Promise((resolve, reject) => this.#pending.set(id, { resolve, reject }))
  }

  notify(method: string, params: object): void {
    this.socket.send(JSON.stringify({ jsonrpc: '2.0', method, params }))
  }

  /** The events pushed so far. */
  get events(): Fields[] {
    return this.frames.filter(({ method }) => method === 'event').map(({ params }) => params)
  }

  /** Waits until a pushed event fits. */
  event(fits: (event: Fields) => boolean): Promise<Fields> {
    return this.until(() => this.events.find(fits), 'an event')
  }

  notification(method: string): Promise<Fields> {
    return this.until(() => this.frames.find((frame) => frame.method === method)?.params, method)
  }

  close(): Promise<{ code: number; reason: string }> {
    this.socket.close()
    return this.whenClosed()
  }

  whenClosed(): Promise<{ code: number; reason: string }> {
    return this.until(() => this.closed, 'the close')
  }

  async until<T>(find: () => T | null | undefined, what: string, ms = 20_000): Promise<T> {
    const deadline = Date.now() + ms
    for (;;) {
      const found = find()
      if (found !== null && found !== undefined) return found
      if (this.closed)
        throw new Error(`closed with ${this.closed.code} (${this.closed.reason}) while waiting for ${what}`)
      if (Date.now() > deadline)
        throw new Error(`waited in vain for ${what}; got ${JSON.stringify(this.frames).slice(0, 2000)}`)
      await this.#change(deadline - Date.now())
    }
  }

  #change(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer)
        this.#waiting.delete(done)
        resolve()
      }
      const timer = setTimeout(done, ms)
      this.#waiting.add(done)
    })
  }

  #changed(): void {
    for (const done of [...this.#waiting]) done()
  }

  #receive(frame: Frame): void {
    if (typeof frame.id === 'number' && this.#pending.has(frame.id)) this.#settle(frame, frame.id)
    else this.frames.push(frame)
    if (this.#acknowledge && frame.method === 'event') this.#ack(frame.params)
    this.#changed()
  }

  #settle({ error, result }: Frame, id: number): void {
    const pending = this.#pending.get(id)
    this.#pending.delete(id)
    if (error) pending?.reject(new RpcFailure(error))
    else if (result) pending?.resolve(result)
  }

  #ack({ conversation, seq, invitation }: Partial<Fields>): void {
    if (seq === undefined) this.notify('ack', { invitation })
    else this.notify('ack', { conversation, seq })
  }
}

export function hubSocket(server: TestServer, user: Pick<User, 'tls'>, options: ConnectOptions = {}): WebSocket {
  const { device, query, protocols = ['hermes.v1'] } = options
  const parameters = [device && `device=${device}`, query].filter(Boolean).join('&')
  const url = `${server.hubUrl.replace('https', 'wss')}/hub?${parameters}`
  return new WebSocket(url, [...protocols], { ...user.tls })
}

/** Connects and waits for `hello`; closed with the test. */
export async function connect(
  t: Test,
  server: TestServer,
  user: Pick<User, 'tls'>,
  options: ConnectOptions = {},
): Promise<HubClient> {
  const socket = hubSocket(server, user, options)
  const client = new HubClient(socket, options.acknowledge ?? true)
  t.teardown(() => socket.terminate())
  await once(socket, 'open')
  await client.notification('hello')
  return client
}
