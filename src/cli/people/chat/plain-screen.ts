import { createInterface, type Interface } from 'node:readline'
import { LineWriter } from '../line-writer.js'
import type { Screen, Typist } from './screen.js'

/** Lines in, lines out: for pipes and programs. */
export class PlainScreen implements Screen {
  readonly columns = Number.POSITIVE_INFINITY
  readonly hasFooter = false
  readonly #lines: Interface
  readonly #writer: LineWriter

  constructor(typist: Typist) {
    this.#writer = new LineWriter(() => typist.interrupt())
    this.#lines = createInterface({ input: process.stdin, terminal: false })
    this.#lines.on('line', (text) => typist.line(text))
    this.#lines.on('close', () => typist.end())
  }

  print(lines: readonly string[]): void {
    for (const line of lines) void this.#writer.write(line)
  }

  setFooter(): void {
    // There is no place for it.
  }

  close(): void {
    this.#lines.close()
  }
}
