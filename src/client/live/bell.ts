/** Wakes whoever waits for a change. Take `next` before you look, and nothing is missed. */
export class Bell {
  #next: Promise<void>
  #resolve: () => void = () => undefined

  constructor() {
    this.#next = this.#hang()
  }

  get next(): Promise<void> {
    return this.#next
  }

  ring(): void {
    this.#resolve()
    this.#next = this.#hang()
  }

  #hang(): Promise<void> {
    return new Promise((resolve) => {
      this.#resolve = resolve
    })
  }
}
