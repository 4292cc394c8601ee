/** So long after another node has stored something in a conversation it counts as at work there. */
const CONTENDED_MS = 1000
/**
 * What a node leaves to the others after a commit, measured in what that took: time for one of theirs, and to hear of
 * it.
 */
const PATIENCE = { most: 3, least: 0.4 }
/** However long its own took. */
const PAUSE_MAX_MS = 250

/**
 * Several nodes that write into one conversation, of which only one commit at a time can follow the last. Whoever was
 * first goes on without a gap, and the others never come: so each that knows of others commits what has gathered, and
 * then it is their turn, until one of them is heard. Who is not heard is waited for less and less.
 */
export class Rivalry {
  readonly #isShared: boolean
  #heardAt = Number.NEGATIVE_INFINITY
  #beganAt = 0
  #patience = PATIENCE.most
  #goOn: (() => void) | null = null
  #timer: NodeJS.Timeout | undefined

  constructor(isShared: boolean) {
    this.#isShared = isShared
  }

  /** Another node has stored something; its turn has ended where no more of it follows. */
  heard(isMore: boolean): void {
    this.#heardAt = performance.now()
    this.#patience = PATIENCE.most
    if (!isMore) this.#end()
  }

  /** Own events are on their way into the store. */
  began(): void {
    this.#beganAt = performance.now()
  }

  get isContended(): boolean {
    return this.#isShared && performance.now() - this.#heardAt < CONTENDED_MS
  }

  get isPausing(): boolean {
    return this.#goOn !== null
  }

  /** Own events were stored: `goOn` is called when the others had their turn. */
  pause(goOn: () => void): void {
    if (this.#goOn) return
    this.#goOn = goOn
    const ms = Math.min(performance.now() - this.#beganAt, PAUSE_MAX_MS) * this.#patience
    this.#patience = Math.max(this.#patience / 2, PATIENCE.least)
    // Two that wait for each other must not go on at one moment.
    this.#timer = setTimeout(() => this.#end(), ms * (0.8 + 0.4 * Math.random()))
  }

  #end(): void {
    const goOn = this.#goOn
    clearTimeout(this.#timer)
    this.#goOn = null
    goOn?.()
  }
}
