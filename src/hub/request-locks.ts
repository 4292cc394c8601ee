/** Lets one request of each (user, requestId) run at a time, so that a repeat finds the first answer. */
export class RequestLocks {
  readonly #tails = new Map<string, Promise<void>>()

  /** Resolves when those before it are released; the result releases this one. */
  async acquire(userId: number, requestId: string): Promise<() => void> {
    const key = `${userId} ${requestId}`
    const before = this.#tails.get(key)
    let release: () => void = () => {}
    const tail = new Promise<void>((resolve) => {
      release = resolve
    })
    this.#tails.set(key, tail)
    await before
    return () => {
      if (this.#tails.get(key) === tail) this.#tails.delete(key)
      release()
    }
  }
}
