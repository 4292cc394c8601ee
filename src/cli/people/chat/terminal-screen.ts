import { clearScreenDown, createInterface, cursorTo, type Interface, type Key, moveCursor } from 'node:readline'
import { terminalColumns } from '../../output.js'
import type { Screen, Typist } from './screen.js'

const PROMPT = '> '
const HISTORY = 200
const LINE_ENDS: readonly (string | undefined)[] = ['return', 'enter']

/** Conversation above, the line being typed at the bottom; what scrolled away is the terminal's. */
export class TerminalScreen implements Screen {
  readonly hasFooter = true
  readonly #lines: Interface
  #footer: readonly string[] = []
  /** Rows between the first of the footer and the end of the line that was entered. */
  #entered = 0
  #isShown = false
  #isClosed = false

  constructor(typist: Typist) {
    const [input, output] = [process.stdin, process.stdout]
    this.#lines = createInterface({ input, output, terminal: true, prompt: PROMPT, historySize: HISTORY })
    input.prependListener('keypress', this.#beforeKey)
    // Before readline draws it again with the rows of the old width, and after.
    output.prependListener('resize', this.#hide)
    output.on('resize', this.#show)
    this.#lines.on('line', (text) => {
      this.#takeBack(this.#entered + 1)
      typist.line(text)
      this.#show()
    })
    this.#lines.on('SIGINT', () => typist.interrupt())
    this.#lines.on('close', () => {
      this.#hide()
      this.#isClosed = true
      typist.end()
    })
    this.#show()
  }

  get columns(): number {
    return terminalColumns()
  }

  print(lines: readonly string[]): void {
    const wasShown = this.#isShown
    this.#hide()
    process.stdout.write(lines.map((line) => `${line}\n`).join(''))
    if (wasShown) this.#show()
  }

  setFooter(lines: readonly string[]): void {
    this.#footer = lines
    if (!this.#isShown) return
    this.#hide()
    this.#show()
  }

  close(): void {
    process.stdin.off('keypress', this.#beforeKey)
    process.stdout.off('resize', this.#hide)
    process.stdout.off('resize', this.#show)
    this.#lines.close()
  }

  /** The end of the line tells where it begins: it is taken back, and what is said is shown once it is stored. */
  readonly #beforeKey = (_: string, key: Key | undefined): void => {
    if (!LINE_ENDS.includes(key?.name)) return
    this.#lines.write(null, { ctrl: true, name: 'e' })
    this.#entered = this.#lines.getCursorPos().rows
  }

  readonly #show = (): void => {
    if (this.#isClosed) return
    this.#lines.setPrompt([...this.#footer, PROMPT].join('\n'))
    this.#lines.prompt(true)
    this.#isShown = true
  }

  readonly #hide = (): void => {
    if (!this.#isShown) return
    this.#takeBack(this.#lines.getCursorPos().rows)
  }

  #takeBack(rows: number): void {
    moveCursor(process.stdout, 0, -rows)
    cursorTo(process.stdout, 0)
    clearScreenDown(process.stdout)
    this.#isShown = false
    // How far readline moves up before it draws: what was pasted it did not count.
    Object.assign(this.#lines, { prevRows: 0 })
  }
}
