import type { ReadEvent } from '../../../client/index.js'
import { visible } from '../../output.js'
import { eventText } from '../event-text.js'
import { wrapped } from './layout.js'

const STORED = ' ✓'

/** How events look: a line with the time for each, and one where a day begins. */
export class Transcript {
  readonly #self: string
  readonly #day: Intl.DateTimeFormat
  readonly #clock: Intl.DateTimeFormat
  #today = ''

  /** `timeZone`: that of this machine when absent. */
  constructor(self: string, timeZone?: string) {
    this.#self = self
    const zone = timeZone === undefined ? {} : { timeZone }
    this.#day = new Intl.DateTimeFormat('en-GB', { dateStyle: 'full', ...zone })
    this.#clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', ...zone })
  }

  /** Neutralised, and no wider than the terminal. */
  lines(event: ReadEvent, columns: number): readonly string[] {
    const { label, text } = eventText(event)
    const mark = event.type === 'message' && event.from.username === this.#self ? STORED : ''
    const shown = visible(text.replaceAll('\t', '    '))
    if (event.type === 'gap') return wrapped(`      ${label} `, shown, columns)
    const at = new Date(event.at)
    return [...this.#newDay(at), ...wrapped(`${this.#clock.format(at)} ${label} `, `${shown}${mark}`, columns)]
  }

  #newDay(at: Date): readonly string[] {
    const day = this.#day.format(at)
    if (day === this.#today) return []
    this.#today = day
    return [`--- ${day} ---`]
  }
}
