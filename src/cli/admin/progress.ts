import type { Report } from '../../server/transfer/report.js'

/** What is quicker needs no word, in milliseconds. */
const QUIET_MS = 2000
/** Between two lines: on a terminal they replace each other. */
const EVERY_MS = { terminal: 250, file: 10_000 }

/** Tells on stderr how far something long is. */
export class Progress {
  readonly #isTerminal = process.stderr.isTTY === true
  #next = Date.now() + QUIET_MS
  #isShown = false

  readonly report: Report = (what, table, done, all) => {
    const now = Date.now()
    if (now < this.#next) return
    this.#next = now + (this.#isTerminal ? EVERY_MS.terminal : EVERY_MS.file)
    const line = `${table}: ${done.toLocaleString('en')} of ${all.toLocaleString('en')} rows ${what}`
    process.stderr.write(this.#isTerminal ? `\r\u001b[K${line}` : `${line}\n`)
    this.#isShown = this.#isTerminal
  }

  /** Takes the line away. */
  end(): void {
    if (this.#isShown) process.stderr.write('\r\u001b[K')
  }
}
