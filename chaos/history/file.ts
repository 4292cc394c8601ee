import { closeSync, openSync, writeSync } from 'node:fs'

const BUFFER_CHARACTERS = 64 * 1024

/** Lines of JSON, held back until there are enough to write. */
export class HistoryFile {
  readonly #descriptor: number
  #buffer = ''

  constructor(path: string) {
    this.#descriptor = openSync(path, 'w')
  }

  write(entry: object): void {
    this.#buffer += `${JSON.stringify(entry)}\n`
    if (this.#buffer.length >= BUFFER_CHARACTERS) this.#flush()
  }

  close(): void {
    this.#flush()
    closeSync(this.#descriptor)
  }

  #flush(): void {
    writeSync(this.#descriptor, this.#buffer)
    this.#buffer = ''
  }
}
