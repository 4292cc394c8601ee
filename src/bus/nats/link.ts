import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'
import { type NatsConnection, PermissionViolationError, type Subscription } from '@nats-io/transport-node'
import { connectOnce } from './connect.js'
import { Flushes } from './flushes.js'
import { GRANT } from './grant.js'
import type { NatsOptions } from './options.js'

/** Between attempts to connect, and as much again at random, so that nodes do not come all at once. */
const RETRY_MS = 500
/** How often NATS is asked whether it is there. */
const BEAT_MS = 1000
/** Without an answer for so long it counts as away. */
const SILENT_MS = 2000
/** And after so long another connection is tried; after as long, where this client may not say or hear something. */
const DEAD_MS = 10_000
const NOTHING = new Uint8Array()

const REFUSED = 'it refuses something'

export interface LinkListener {
  heard(subject: string, data: Uint8Array): void
  /** NATS is there, or is no longer; `why` in one line. */
  changed(isUp: boolean, why: string): void
}

interface LinkOptions extends NatsOptions {
  /** Subjects that nobody listens to, as good as any to find out whether this client may publish. */
  readonly trials: readonly string[]
}

/** A connection to NATS that is made again for ever, and the subjects that are listened to on it. */
export class NatsLink {
  readonly #options: LinkOptions
  readonly #listener: LinkListener
  readonly #subjects = new Map<string, Subscription | null>()
  readonly #stopping = new AbortController()
  #connection: NatsConnection | null = null
  #flushes: Flushes | null = null
  /** Null: not tried yet. */
  #isUp: boolean | null = null
  #complaint: string | null = null
  /** Ends the connection, of which NATS refuses a part: what is heard on the rest may not be all. */
  #refuse: (why: string) => void = () => {}
  #isRefused = false
  readonly #running: Promise<void>

  constructor(options: LinkOptions, listener: LinkListener) {
    this.#options = options
    this.#listener = listener
    this.#running = this.#run()
  }

  get isUp(): boolean {
    return this.#isUp === true
  }

  /** The longest message that NATS takes. */
  get maxPayload(): number {
    return this.#connection?.info?.max_payload ?? 0
  }

  /** Hands a message over, or drops it; never waits, never throws. */
  publish(subject: string, data: Uint8Array): void {
    const { meter, bufferBytes } = this.#options
    const flushes = this.#flushes
    if (!this.#isUp || !this.#connection || !flushes) return meter.dropped('away')
    if (flushes.pendingBytes + data.length > bufferBytes) return meter.dropped('full')
    try {
      this.#connection.publish(subject, data)
      flushes.wrote(data.length)
      meter.sent()
    } catch {
      meter.dropped('away')
    }
  }

  /** Resolves when NATS knows of it, or at once while it is away. */
  subscribe(subject: string): Promise<void> {
    this.#subjects.set(subject, this.#connection && this.#listen(this.#connection, subject))
    return this.settled()
  }

  /** Resolves when NATS has taken all that it was given, or at once while it is away. */
  settled(): Promise<void> {
    return this.#isUp && this.#flushes ? this.#flushes.soon() : Promise.resolve()
  }

  unsubscribe(subject: string): void {
    this.#subjects.get(subject)?.unsubscribe()
    this.#subjects.delete(subject)
  }

  async close(): Promise<void> {
    this.#stopping.abort()
    await this.#connection?.close()
    await this.#running
  }

  #listen(connection: NatsConnection, subject: string): Subscription | null {
    try {
      return connection.subscribe(subject, {
        callback: (error, message) => {
          if (error === null) this.#listener.heard(subject, message.data)
          else this.#complain(error)
        },
      })
    } catch {
      return null
    }
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping
    while (!signal.aborted) {
      const why = await this.#once().catch((error: unknown) => reasonOf(error))
      this.#become(false, why)
      const pause = this.#isRefused ? DEAD_MS : RETRY_MS * (1 + Math.random())
      await sleep(pause, undefined, { signal }).catch(() => undefined)
    }
  }

  /** One connection from its beginning to its end; resolves to why it ended. */
  async #once(): Promise<string> {
    this.#isRefused = false
    const connection = await connectOnce(this.#options)
    const refused = new Promise<string>((resolve) => {
      this.#refuse = resolve
    })
    try {
      if (this.#stopping.signal.aborted) return 'closed'
      this.#connection = connection
      this.#flushes = new Flushes(connection)
      for (const subject of this.#subjects.keys()) this.#subjects.set(subject, this.#listen(connection, subject))
      for (const subject of this.#options.trials) connection.publish(subject, NOTHING)
      void this.#complainOf(connection)
      const ended = connection.closed().then((error) => reasonOf(error ?? new Error('the connection ended')))
      return await Promise.race([refused, ended, this.#beat(this.#flushes)])
    } finally {
      this.#connection = null
      this.#flushes = null
      await connection.close()
    }
  }

  /** Asks again and again whether NATS is there; resolves when it is not. */
  async #beat(flushes: Flushes): Promise<string> {
    for (;;) {
      const since = performance.now()
      const answered = flushes.now().then(() => true)
      if (await within(answered, SILENT_MS)) {
        // What it refuses it says before it answers.
        await turn()
        if (this.#isRefused) return REFUSED
        this.#options.meter.lagged(performance.now() - since)
        this.#become(true, 'it answers')
      } else {
        this.#become(false, 'it does not answer')
        if (!(await within(answered, DEAD_MS))) return 'it does not answer'
        continue
      }
      await sleep(BEAT_MS * (0.5 + Math.random()), undefined, { signal: this.#stopping.signal })
    }
  }

  /** What NATS refuses while the connection stays. */
  async #complainOf(connection: NatsConnection): Promise<void> {
    for await (const status of connection.status()) if (status.type === 'error') this.#complain(status.error)
  }

  /** Of what this client may not say or hear once is enough: there may be as many refusals as messages. */
  #complain(error: Error): void {
    if (this.#isRefused) return
    this.#isRefused = error instanceof PermissionViolationError
    if (this.#isRefused) this.#refuse(REFUSED)
    const why = this.#isRefused ? `${reasonOf(error)}; ${GRANT}` : reasonOf(error)
    if (why === this.#complaint) return
    this.#complaint = why
    this.#options.logger.error({}, `NATS refuses something: ${why}`)
  }

  #become(isUp: boolean, why: string): void {
    if (this.#stopping.signal.aborted) return
    const before = this.#isUp
    this.#isUp = isUp
    if (!isUp) this.#flushes?.giveUp()
    if (before !== isUp) this.#listener.changed(isUp, why)
  }
}

function within(answered: Promise<boolean>, ms: number): Promise<boolean> {
  const late = new AbortController()
  const time = sleep(ms, false, { signal: late.signal }).catch(() => false)
  return Promise.race([answered, time]).finally(() => late.abort())
}

/** In one line, without what a URL may hold. */
function reasonOf(error: unknown): string {
  return error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)
}
