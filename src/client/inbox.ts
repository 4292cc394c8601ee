/** Items that arrive when they like, taken one after another by one reader. Ends, or fails, once. */
export class Inbox<T> implements AsyncIterableIterator<T, undefined> {
  readonly #items: { readonly item: T; readonly bytes: number }[] = []
  #bytes = 0
  #waiting: { resolve: (result: IteratorResult<T, undefined>) => void; reject: (cause: Error) => void } | null = null
  readonly #max: number
  #end: { readonly failure: Error | null } | null = null

  /** Of more than `max` that wait the oldest are forgotten. */
  constructor(max = Number.POSITIVE_INFINITY) {
    this.#max = max
  }

  get length(): number {
    return this.#items.length
  }

  /** Of those that wait, as `put` said. */
  get bytes(): number {
    return this.#bytes
  }

  put(item: T, bytes = 0): void {
    if (this.#end) return
    const waiting = this.#waiting
    this.#waiting = null
    if (waiting) waiting.resolve({ value: item, done: false })
    else {
      this.#items.push({ item, bytes })
      this.#bytes += bytes
    }
    if (this.#items.length > this.#max) this.#shift()
  }

  /** What has arrived can still be taken; after it the reader gets the end, or `failure`. */
  end(failure: Error | null = null): void {
    if (this.#end) return
    this.#end = { failure }
    const waiting = this.#waiting
    this.#waiting = null
    if (waiting && failure) waiting.reject(failure)
    else waiting?.resolve({ value: undefined, done: true })
  }

  next(): Promise<IteratorResult<T, undefined>> {
    const first = this.#shift()
    if (first) return Promise.resolve({ value: first.item, done: false })
    if (this.#end?.failure) return Promise.reject(this.#end.failure)
    if (this.#end) return Promise.resolve({ value: undefined, done: true })
    if (this.#waiting) return Promise.reject(new Error('one reader at a time'))
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject }
    })
  }

  #shift() {
    const first = this.#items.shift()
    this.#bytes -= first?.bytes ?? 0
    return first
  }

  /** A loop that is broken off ends nothing: the next one goes on where it stopped. */
  [Symbol.asyncIterator](): AsyncIterableIterator<T, undefined> {
    return this
  }
}
