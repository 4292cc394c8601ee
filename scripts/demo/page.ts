import type { WriteStream } from 'node:tty'
import { styleText } from 'node:util'

type Style = Parameters<typeof styleText>[0]

const LABEL_COLUMNS = 16

/** Prints the story; colours only where somebody sees them. */
export class Page {
  readonly #out: WriteStream
  #step = 0

  constructor(out: WriteStream) {
    this.#out = out
  }

  get step(): number {
    return this.#step
  }

  title(text: string): void {
    this.#line(`\n${this.#styled('bold', text)}`)
  }

  /** The next step of the story. */
  heading(text: string): void {
    this.#step += 1
    this.#line(`\n${this.#styled('bold', `${String(this.#step).padStart(2)}  ${text}`)}`)
  }

  /** Who does what. */
  does(label: string, text: string): void {
    this.#entry('cyan', label, text)
  }

  /** What somebody verified by himself. */
  verified(label: string, text: string): void {
    this.#entry('green', label, text)
  }

  /** What somebody refused. */
  refused(label: string, text: string): void {
    this.#entry('yellow', label, text)
  }

  /** How to do the same without this program. */
  byHand(text: string): void {
    this.#entry('dim', 'by hand', text)
  }

  failed(text: string): void {
    this.#line(`\n${this.#styled('red', text)}`)
  }

  #entry(style: Style, label: string, text: string): void {
    this.#line(`    ${this.#styled(style, label.padEnd(LABEL_COLUMNS))} ${text}`)
  }

  #styled(style: Style, text: string): string {
    return this.#out.isTTY ? styleText(style, text) : text
  }

  #line(text: string): void {
    this.#out.write(`${text}\n`)
  }
}
