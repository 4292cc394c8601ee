import { setTimeout as sleep } from 'node:timers/promises'
import { ClientError } from '../client-error.js'
import type { CloseReason } from '../close-reason.js'
import type { Notification } from '../frames.js'
import { type Connection, ConnectionClosed } from '../hub-client.js'
import type { Method, ParamsOf, ResultOf } from '../methods.js'
import { VerificationError } from '../verification-error.js'
import { backoffMs, returnMs } from './backoff.js'
import { LinkClosedError } from './link-closed-error.js'
import { passesAfterMs, type Remedy, remedyAfterClose, remedyAfterFailure } from './remedy.js'

/** `connected`; `waiting` to connect again by itself; `ended`, for ever. */
export type LinkState = 'connected' | 'waiting' | 'ended'

export interface LinkChange {
  readonly state: LinkState
  /** Why it is not connected. */
  readonly reason?: string
  /** Milliseconds until the next attempt. */
  readonly retryInMs?: number
  /** What ended it: LinkClosedError, Refusal or ClientError. */
  readonly error?: Error
}

export interface LinkOptions {
  /** Opens a connection under the certificate of now. */
  readonly open: () => Promise<Connection>
  /** Gets another certificate. */
  readonly mend: (remedy: Remedy) => Promise<void>
  /** Takes what the hub pushed; the next batch comes when it resolves. What it throws ends the link. */
  readonly take: (batch: readonly Notification[], hub: Connection) => Promise<void>
  readonly tell: (change: LinkChange) => void
  /** The hub, or somebody in its place, shows what does not hold. */
  readonly refused: (error: VerificationError) => void
  readonly random?: () => number
  readonly sleep?: (ms: number, options: { readonly signal: AbortSignal }) => Promise<unknown>
}

interface Call {
  /** The connection it was last sent on. */
  hub: Connection | null
  send(hub: Connection): void
  fail(error: Error): void
}

/** Taken at once, and stored at once. */
const BATCH_MAX = 256

/**
 * A connection to the hub that comes back by itself. A call waits until there is a connection, and is sent again, in
 * the order of the calls, when a connection ended before its answer: every method answers a repetition as it answered
 * the first.
 */
export class Link {
  readonly #options: LinkOptions
  readonly #calls = new Set<Call>()
  readonly #closing = new AbortController()
  readonly #over: Promise<void>
  #hub: Connection | null = null
  #ended: Error | null = null
  #attempt = 0
  /** The hub said when to come back. */
  #returnMs: number | null = null
  #synced: { resolve: () => void; reject: (error: Error) => void } | null = null
  /** Resolves when all that waited on the hub was taken for the first time; rejects when that cannot be. */
  readonly synced: Promise<void>
  /** Of this side's own will: no reason to wait. */
  #isAnew = false

  constructor(options: LinkOptions) {
    this.#options = options
    this.synced = new Promise((resolve, reject) => {
      this.#synced = { resolve, reject }
    })
    this.synced.catch(() => undefined)
    this.#over = this.#run()
  }

  /** The connection there is now, or null. */
  get hub(): Connection | null {
    return this.#hub
  }

  get isEnded(): boolean {
    return this.#ended !== null
  }

  /** Rejects with Refusal, or with whatever ended the link. */
  call<M extends Method>(method: M, params: ParamsOf<M>): Promise<ResultOf<M>> {
    return new Promise<ResultOf<M>>((resolve, reject) => {
      if (this.#ended) return reject(this.#ended)
      const call: Call = {
        hub: null,
        send: (hub) => {
          call.hub = hub
          hub.call(method, params).then(
            (result) => this.#settle(call, () => resolve(result)),
            (error: Error) => this.#failed(call, hub, error),
          )
        },
        fail: reject,
      }
      this.#calls.add(call)
      if (this.#hub) call.send(this.#hub)
    })
  }

  /** Connects again, as under another certificate. */
  reconnect(): void {
    if (!this.#hub) return
    this.#isAnew = true
    void this.#hub.close()
  }

  /** Ends it; what waits for an answer rejects. */
  async close(): Promise<void> {
    this.#end(new ClientError('link_ended', 'the client was closed'))
    await this.#over
  }

  #settle(call: Call, done: () => void): void {
    if (this.#calls.delete(call)) done()
  }

  /** Without an answer the next connection sends it again. */
  #failed(call: Call, hub: Connection, error: Error): void {
    if (error instanceof ConnectionClosed) return
    const ms = passesAfterMs(error)
    if (ms === null) return this.#settle(call, () => call.fail(error))
    void this.#pause(ms).then(() => {
      if (this.#calls.has(call) && call.hub === hub && this.#hub === hub) call.send(hub)
    })
  }

  #end(error: Error): void {
    if (this.#ended) return
    this.#ended = error
    this.#closing.abort()
    void this.#hub?.close()
    this.#hub = null
    for (const call of this.#calls) call.fail(error)
    this.#calls.clear()
    this.#synced?.reject(error)
    this.#options.tell({ state: 'ended', reason: error.message, error })
  }

  async #run(): Promise<void> {
    while (!this.#ended) {
      const { remedy, error } = await this.#connection()
      if (this.#ended) return
      if (remedy === 'none') return this.#end(error)
      await this.#again(remedy, error)
    }
  }

  /** One connection, from its opening to its end. */
  async #connection(): Promise<{ readonly remedy: Remedy; readonly error: Error }> {
    try {
      const hub = await this.#options.open()
      this.#begin(hub)
      const close = await this.#read(hub)
      return { remedy: this.#isAnew ? 'wait' : remedyAfterClose(close), error: new LinkClosedError(close) }
    } catch (cause) {
      const error = cause instanceof Error ? cause : new Error('the connection failed')
      if (error instanceof VerificationError) this.#options.refused(error)
      return { remedy: remedyAfterFailure(error), error }
    } finally {
      this.#hub = null
    }
  }

  #begin(hub: Connection): void {
    if (this.#ended) return void hub.close()
    this.#hub = hub
    this.#options.tell({ state: 'connected' })
    for (const call of this.#calls) call.send(hub)
  }

  async #read(hub: Connection): Promise<CloseReason> {
    try {
      for (;;) {
        const batch = await hub.batch(BATCH_MAX)
        if (batch.length === 0 || this.#ended) return await hub.closed
        await this.#options.take(batch, hub)
        for (const notification of batch) this.#note(notification)
      }
    } finally {
      void hub.close()
    }
  }

  #note(notification: Notification): void {
    if (notification.method === 'draining') this.#returnMs = returnMs(notification.params.reconnectAfterMs)
    if (notification.method !== 'synced') return
    this.#attempt = 0
    this.#synced?.resolve()
  }

  async #again(remedy: Remedy, error: Error): Promise<void> {
    const delay = this.#delay()
    this.#options.tell({ state: 'waiting', reason: error.message, retryInMs: delay })
    await this.#pause(delay)
    if (this.#ended || remedy === 'wait') return
    await this.#options.mend(remedy).catch((cause: Error) => {
      if (remedyAfterFailure(cause) !== 'wait') this.#end(cause)
    })
  }

  #delay(): number {
    const delay = this.#returnMs ?? backoffMs(this.#attempt++, (this.#options.random ?? Math.random)())
    const isAnew = this.#isAnew
    this.#isAnew = false
    this.#returnMs = null
    return isAnew ? 0 : delay
  }

  async #pause(ms: number): Promise<void> {
    await (this.#options.sleep ?? ((time, options) => sleep(time, undefined, options)))(ms, {
      signal: this.#closing.signal,
    }).catch(() => undefined)
  }
}
