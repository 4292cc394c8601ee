/** What one connection has been given and has not acknowledged. Beyond its limits nothing more is given. */
export class Window {
  readonly #eventsMax: number
  readonly #bytesMax: number
  #events = 0
  #bytes = 0

  constructor(eventsMax: number, bytesMax: number) {
    this.#eventsMax = eventsMax
    this.#bytesMax = bytesMax
  }

  get isOpen(): boolean {
    return this.#events < this.#eventsMax && this.#bytes < this.#bytesMax
  }

  get room(): { readonly events: number; readonly bytes: number } {
    return { events: this.#eventsMax - this.#events, bytes: this.#bytesMax - this.#bytes }
  }

  add(bytes: number): void {
    this.#events += 1
    this.#bytes += bytes
  }

  remove(bytes: number): void {
    this.#events -= 1
    this.#bytes -= bytes
  }
}
