import type { NatsConnection } from '@nats-io/transport-node'

/** NATS is asked how far it is at least so often, in bytes. */
const EVERY_BYTES = 1024 * 1024

/**
 * What a connection was given and NATS has taken: it answers a ping when it has dealt with all before it, and its
 * answer comes behind all that it sent before.
 */
export class Flushes {
  readonly #connection: NatsConnection
  #given = 0
  #asked = 0
  #taken = 0
  #soon: Promise<void> | null = null
  readonly #waiting = new Set<() => void>()

  constructor(connection: NatsConnection) {
    this.#connection = connection
  }

  /** Given, and not known to be taken. */
  get pendingBytes(): number {
    return this.#given - this.#taken
  }

  wrote(bytes: number): void {
    this.#given += bytes
    if (this.#given - this.#asked >= EVERY_BYTES) this.now().catch(() => undefined)
  }

  /** Resolves when NATS has taken all that it was given; rejects when the connection ends first. */
  async now(): Promise<void> {
    const given = this.#given
    this.#asked = given
    await this.#connection.flush()
    this.#taken = Math.max(this.#taken, given)
  }

  /** The same for all who ask in one turn of the event loop; resolves too when the connection ends, or is given up. */
  soon(): Promise<void> {
    this.#soon ??= new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
      this.#soon = null
      return new Promise<void>((resolve) => {
        this.#waiting.add(resolve)
        this.now()
          .catch(() => undefined)
          .finally(() => this.#end(resolve))
      })
    })
    return this.#soon
  }

  /** Nobody waits any longer for what is not taken. */
  giveUp(): void {
    for (const resolve of this.#waiting) this.#end(resolve)
  }

  #end(resolve: () => void): void {
    this.#waiting.delete(resolve)
    resolve()
  }
}
