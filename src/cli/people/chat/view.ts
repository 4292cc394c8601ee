import type { ReadEvent } from '../../../client/index.js'
import { visible } from '../../output.js'
import { footerLines } from './footer.js'
import { wrapped } from './layout.js'
import type { Screen } from './screen.js'
import type { Transcript } from './transcript.js'

const SECOND_MS = 1000

/** There is no connection now. */
export interface Lost {
  readonly what: string
  readonly reason?: string
  /** Milliseconds since 1970. */
  readonly retryAt?: number
}

/** What is on the screen: the conversation, remarks, one's own messages that are not stored yet, and the connection. */
export class View {
  readonly screen: Screen
  readonly #transcript: Transcript
  readonly #isJson: boolean
  readonly #pending = new Map<string, string>()
  #lost: Lost | null = null
  #clock: NodeJS.Timeout | null = null

  constructor(screen: Screen, transcript: Transcript, isJson: boolean) {
    this.screen = screen
    this.#transcript = transcript
    this.#isJson = isJson
  }

  get pending(): readonly string[] {
    return [...this.#pending.values()]
  }

  event(event: ReadEvent): void {
    if (event.type === 'message') this.settle(event.messageId)
    this.screen.print(this.#isJson ? [JSON.stringify(event)] : this.#transcript.lines(event, this.screen.columns))
  }

  /** Something that is not part of the conversation. */
  note(text: string, json: object = { type: 'note', text }): void {
    if (this.#isJson) return this.screen.print([JSON.stringify(json)])
    this.screen.print(text.split('\n').flatMap((line) => wrapped('  ', visible(line), this.screen.columns)))
  }

  send(messageId: string, text: string): void {
    this.#pending.set(messageId, text)
    this.#refresh()
  }

  /** It is stored, or will not be. */
  settle(messageId: string): void {
    if (this.#pending.delete(messageId)) this.#refresh()
  }

  /** Null when all is well. */
  connection(lost: Lost | null): void {
    this.#lost = lost
    this.#stopClock()
    if (lost?.retryAt) this.#clock = setInterval(() => this.#refresh(), SECOND_MS)
    this.#refresh()
  }

  close(): void {
    this.#stopClock()
    this.screen.close()
  }

  #stopClock(): void {
    if (this.#clock) clearInterval(this.#clock)
    this.#clock = null
  }

  #refresh(): void {
    this.screen.setFooter(footerLines(this.pending, this.#status(), this.screen.columns))
  }

  #status(): string | null {
    if (this.#lost === null || this.#lost.retryAt === undefined) return this.#lost?.what ?? null
    const seconds = Math.ceil((this.#lost.retryAt - Date.now()) / SECOND_MS)
    return `${this.#lost.what}, trying again ${seconds > 0 ? `in ${seconds} s` : 'now'}: ${this.#lost.reason}`
  }
}
