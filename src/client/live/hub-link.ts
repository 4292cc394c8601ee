import { setTimeout as sleep } from 'node:timers/promises'
import type { HelloParams } from '../../wire/frames.js'
import { ClientError } from '../client-error.js'
import type { Notification } from '../frames.js'
import { type Home, selfOf } from '../home.js'
import { type Connection, HubClient } from '../hub-client.js'
import type { Method, ParamsOf, ResultOf } from '../methods.js'
import { adoptNewest, renewSameKey } from '../renewal.js'
import { verify } from '../verification-error.js'
import { Link, type LinkState } from './link.js'
import type { Remedy } from './remedy.js'

export interface ConnectOptions {
  /** Milliseconds for the first connection; 30,000 when absent. Later ones are tried for ever. */
  readonly timeoutMs?: number
}

export type Take = (batch: readonly Notification[], hub: Connection) => Promise<void>

const CONNECT_MS = 30_000

interface First {
  readonly link: Link
  /** Resolves with the first greeting. */
  readonly greeted: Promise<void>
}

/** The link of one client: opened under his certificate of the moment, and greeted as the one he is. */
export class HubLink {
  readonly #home: Home
  readonly #take: Take
  #first: First | null = null
  #state: LinkState | 'idle' = 'idle'
  #fingerprint: string | null = null
  /** Of the certificate that the connection that opens shows. */
  #shown = ''
  #greeted: () => void = () => undefined

  constructor(home: Home, take: Take) {
    this.#home = home
    this.#take = take
  }

  get state(): LinkState | 'idle' {
    return this.#state
  }

  /** The connection of now. */
  get hub(): Connection | null {
    return this.#first?.link.hub ?? null
  }

  /** Of the certificate that the last connection was opened with. */
  get fingerprint(): string {
    return this.#fingerprint ?? selfOf(this.#home).fingerprint
  }

  /** Rejects with ClientError `not_connected` before `connect`. */
  async call<M extends Method>(method: M, params: ParamsOf<M>): Promise<ResultOf<M>> {
    if (this.#first) return this.#first.link.call(method, params)
    throw new ClientError('not_connected', 'the client does not talk to the hub yet: call connect first')
  }

  /** Resolves when all that waited on the hub was taken. */
  async connect({ timeoutMs = CONNECT_MS }: ConnectOptions): Promise<void> {
    selfOf(this.#home)
    if (!this.#first || this.#state === 'ended') this.#first = this.#begin()
    const { link, greeted } = this.#first
    const isLate = await Promise.race([
      Promise.race([greeted, link.synced]).then(() => false),
      sleep(timeoutMs, true, { ref: false }),
    ]).catch(async (error: Error) => {
      await this.close()
      throw error
    })
    if (!isLate) return link.synced
    await this.close()
    throw new ClientError('unreachable', `${this.#home.profile.hubUrl} did not answer within ${timeoutMs} ms`)
  }

  /** Under the certificate of now, if it is another than that of the connection. */
  renewed(): void {
    if (this.#fingerprint !== selfOf(this.#home).fingerprint) this.#first?.link.reconnect()
  }

  async close(): Promise<void> {
    await this.#first?.link.close()
    this.#first = null
  }

  #begin(): First {
    let refuse: (error: Error) => void = () => undefined
    const greeted = new Promise<void>((resolve, reject) => {
      this.#greeted = resolve
      refuse = reject
    })
    greeted.catch(() => undefined)
    const link = new Link({
      open: () => this.#open(),
      mend: (remedy) => this.#mend(remedy),
      take: (batch, hub) => this.#receive(batch, hub),
      tell: (change) => {
        this.#state = change.state
        this.#home.notices.tell({ type: 'link', ...change })
      },
      refused: (error) => {
        this.#home.notices.tell({ type: 'refused', error })
        refuse(error)
      },
    })
    return { link, greeted }
  }

  #open(): Promise<Connection> {
    const { certificate, key, fingerprint } = selfOf(this.#home)
    this.#shown = fingerprint
    const { hubUrl: url, device } = this.#home.profile
    return HubClient.connect({ url, rootPem: this.#home.authorities.pin.rootPem, certificate, key, device })
  }

  #mend(remedy: Remedy): Promise<void> {
    return remedy === 'renew' ? renewSameKey(this.#home) : adoptNewest(this.#home)
  }

  #receive(batch: readonly Notification[], hub: Connection): Promise<void> {
    for (const { method, params } of batch) if (method === 'hello') this.#greet(params)
    return this.#take(batch, hub)
  }

  #greet({ user, device, certificate }: HelloParams): void {
    const isThis =
      user === selfOf(this.#home).username &&
      device === this.#home.profile.device &&
      certificate.fingerprint === this.#shown
    verify(
      isThis,
      'answer_invalid',
      `the hub greets ${user} on ${device} under ${certificate.fingerprint}, who is somebody else`,
    )
    this.#fingerprint = this.#shown
    this.#greeted()
    // Renewed while it opened.
    this.renewed()
  }
}
