/** Events read from the log at once. */
const PAGE_EVENTS = 64

/** What one connection has been given and has not acknowledged. Beyond its limits nothing more is given. */
export class Window {
  readonly #eventsMax: number
  readonly #bytesMax: number
  #events = 0
  #bytes = 0
  #heldSince: number | null = null

  constructor(eventsMax: number, bytesMax: number) {
    this.#eventsMax = eventsMax
    this.#bytesMax = bytesMax
  }

  get isOpen(): boolean {
    return this.#events < this.#eventsMax && this.#bytes < this.#bytesMax
  }

  /** How much to read from the log at once. */
  get page(): { readonly limit: number; readonly maxBytes: number } {
    return { limit: Math.min(PAGE_EVENTS, this.#eventsMax - this.#events), maxBytes: this.#bytesMax - this.#bytes }
  }

  /** Not acknowledged. */
  get events(): number {
    return this.#events
  }

  /** Of them. */
  get bytes(): number {
    return this.#bytes
  }

  /** Since when it has kept something back without an acknowledgement, or null. */
  get heldSince(): number | null {
    return this.#heldSince
  }

  add(bytes: number): void {
    this.#events += 1
    this.#bytes += bytes
  }

  /** Events of so many bytes are acknowledged. */
  free(events: readonly number[]): void {
    this.#events -= events.length
    for (const bytes of events) this.#bytes -= bytes
    if (events.length > 0) this.#heldSince = null
  }

  /** Something is kept back. Returns whether it is the first since an acknowledgement. */
  hold(now: number): boolean {
    if (this.#heldSince !== null) return false
    this.#heldSince = now
    return true
  }
}
