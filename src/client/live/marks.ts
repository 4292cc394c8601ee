import { FirstSealed } from './first-sealed.js'

/** Where in the file an event stands. */
interface Mark {
  readonly seq: number
  readonly offset: number
}

/** Of so many events one is remembered by its place, so that a page is found without reading all before it. */
export const MARK_EVENTS = 64

/** Places of events in one file, in the order of seq. */
export class Marks {
  readonly #marks: Mark[] = []
  readonly sealed = new FirstSealed()
  #events = 0

  /** The event of a line; most need not be looked at. */
  add(seq: () => number, offset: number, line: string): void {
    this.sealed.note(line)
    if (this.#events % MARK_EVENTS === 0) this.#marks.push({ seq: seq(), offset })
    this.#events += 1
  }

  /** Number of the last one that is of `seq` or before; negative where there is none. */
  lastUpTo(seq: number): number {
    return this.#marks.findLastIndex((mark) => mark.seq <= seq)
  }

  /** Where reading begins for the one of this number. */
  offsetOf(index: number): number {
    return this.#marks[Math.max(0, index)]?.offset ?? 0
  }
}
