import type { BusListener } from './bus.js'

/** Those who hear what the bus carries, in the order in which they began. */
export class Listeners implements BusListener {
  readonly #listeners = new Set<BusListener>()

  add(listener: BusListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  wake(...said: Parameters<BusListener['wake']>): void {
    for (const listener of this.#listeners) listener.wake(...said)
  }

  signal(...said: Parameters<BusListener['signal']>): void {
    for (const listener of this.#listeners) listener.signal(...said)
  }

  standing(...said: Parameters<BusListener['standing']>): void {
    for (const listener of this.#listeners) listener.standing(...said)
  }

  connection(...said: Parameters<BusListener['connection']>): void {
    for (const listener of this.#listeners) listener.connection(...said)
  }

  claim(...said: Parameters<BusListener['claim']>): void {
    for (const listener of this.#listeners) listener.claim(...said)
  }

  missed(): void {
    for (const listener of this.#listeners) listener.missed()
  }
}
