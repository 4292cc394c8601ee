import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import type { Test } from 'tap'
import { WebSocket } from 'ws'
import { checkAnswer, checkEvent, checkResult } from './conformance.js'
import { checkReceived, checkTaken } from './frame-conformance.js'
import { type HttpAnswer, httpAnswer } from './https.js'
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

/** The refusal of a call that must be refused. */
export async function refusal(call: Promise<Fields>): Promise<RpcFailure> {
  const outcome = await call.catch((error: unknown) => error)
  if (outcome instanceof RpcFailure) return outcome
  throw new Error(`this should have been refused: ${JSON.stringify(outcome)}`)
}

export interface ConnectOptions {
  readonly device?: string
  readonly query?: string
  readonly protocols?: readonly string[]
  /** Acknowledge what comes: true by default. */
  readonly acknowledge?: boolean
}

interface Pending {
  readonly request: { readonly method: string }
  readonly resolve: (result: Fields) => void
  readonly reject: (error: Error) => void
}

/**
 * A client of the hub for tests: requests by JSON-RPC, and everything that was pushed. Every frame that comes, and
 * every request that the hub does not refuse, is held against asyncapi.yaml.
 */
export class HubClient {
  readonly socket: WebSocket
  readonly frames: Frame[] = []
  readonly #acknowledge: boolean
  readonly #pending = new Map<number, Pending>()
  readonly #waiting = new Set<() => void>()
  #nextId = 1
  closed: { readonly code: number; readonly reason: string } | null = null

  constructor(socket: WebSocket, acknowledge: boolean) {
    this.socket = socket
    this.#acknowledge = acknowledge
    socket.on('message', (data) => this.#receive(JSON.parse((data as Buffer).toString())))
    socket.on('error', () => undefined) // the close that follows tells
    socket.on('close', (code, reason) => {
      this.closed = { code, reason: reason.toString() }
      for (const { reject } of this.#pending.values()) reject(new Error(`closed with ${code}`))
      this.#changed()
    })
  }

  /** Calls a method; rejects with RpcFailure. */
  async call(method: string, params: object = {}): Promise<Fields> {
    if (this.closed) throw new Error(`closed with ${this.closed.code}`)
    const id = this.#nextId++
    const request = { jsonrpc: '2.0', id, method, params }
    this.socket.send(JSON.stringify(request))
    return new Promise((resolve, reject) => this.#pending.set(id, { request, resolve, reject }))
  }

  notify(method: string, params: object): void {
    this.socket.send(JSON.stringify({ jsonrpc: '2.0', method, params }))
  }

  /** Sends `text` as it stands; the next reply that answers no `call`. */
  answerTo(text: string): Promise<Frame> {
    const before = this.frames.length
    this.socket.send(text)
    return this.until(() => this.frames.slice(before).find(({ method }) => method === undefined), 'a reply')
  }

  /** The events pushed so far. */
  get events(): Fields[] {
    return this.frames.filter(({ method }) => method === 'event').map(({ params }) => params)
  }

  /** Waits for so many events, and then for an answer, behind which there would be more. */
  async eventsUpTo(count: number): Promise<Fields[]> {
    await this.until(() => this.events[count - 1], `${count} events`)
    await this.call('whoami')
    return this.events
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
    const asked = typeof frame.id === 'number' ? this.#pending.get(frame.id) : undefined
    checkReceived(frame, asked?.request.method)
    if (typeof frame.id === 'number' && asked) this.#settle(frame, frame.id, asked)
    else this.frames.push(frame)
    if (frame.method === 'event') checkEvent(frame.params)
    if (this.#acknowledge && frame.method === 'event') this.#ack(frame.params)
    this.#changed()
  }

  #settle({ error, result }: Frame, id: number, pending: Pending): void {
    this.#pending.delete(id)
    if (error) return pending.reject(new RpcFailure(error))
    if (!result) return
    checkResult(pending.request.method, result)
    checkTaken(pending.request)
    pending.resolve(result)
  }

  #ack({ conversation, seq, invitation }: Partial<Fields>): void {
    if (seq === undefined) this.notify('ack', { invitation })
    else this.notify('ack', { conversation, seq })
  }
}

function endpoint(server: TestServer, { device, query, protocols = ['hermes.v1'] }: ConnectOptions) {
  const parameters = [device && `device=${device}`, query].filter(Boolean).join('&')
  return { url: `${server.hubUrl.replace('https', 'wss')}/hub?${parameters}`, protocols: [...protocols] }
}

export function hubSocket(server: TestServer, user: Pick<User, 'tls'>, options: ConnectOptions = {}): WebSocket {
  const { url, protocols } = endpoint(server, options)
  return new WebSocket(url, protocols, { ...user.tls })
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

/** The answer to an upgrade that must be refused; checked against openapi.yaml. */
export function refusedUpgrade(
  server: TestServer,
  user: { readonly tls: object },
  { headers, ...options }: ConnectOptions & { readonly headers?: Record<string, string> } = {},
): Promise<HttpAnswer> {
  const { url, protocols } = endpoint(server, options)
  const socket = new WebSocket(url, protocols, { ...user.tls, ...(headers && { headers }) })
  return new Promise((resolve, reject) => {
    socket.on('error', reject)
    socket.on('open', () => {
      socket.terminate()
      reject(new Error('the upgrade should have been refused'))
    })
    socket.on('unexpected-response', (_request, incoming) => {
      text(incoming).then((body) => {
        const answer = httpAnswer(incoming.statusCode ?? 0, incoming.headers, body)
        checkAnswer('GET', url.replace('wss', 'https'), answer)
        resolve(answer)
      }, reject)
    })
  })
}
