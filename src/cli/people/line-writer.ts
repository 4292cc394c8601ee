import { once } from 'node:events'
import { visible } from '../output.js'

/** Lines on stdout, as fast as whoever reads them takes them. */
export class LineWriter {
  #isBroken = false

  /** `broken` is called once, when nobody reads any more. */
  constructor(broken: () => void) {
    process.stdout.on('error', () => {
      if (!this.#isBroken) broken()
      this.#isBroken = true
    })
  }

  /** Neutralised: what others wrote tells the terminal nothing. */
  async write(text: string): Promise<void> {
    if (this.#isBroken || process.stdout.write(`${visible(text)}\n`)) return
    await Promise.race([once(process.stdout, 'drain'), once(process.stdout, 'close')]).catch(() => undefined)
  }
}
