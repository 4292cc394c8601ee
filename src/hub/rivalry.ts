/** So long after another node has stored something in a conversation it counts as at work there. */
const CONTENDED_MS = 1000
/** What a node leaves to the others between two commits of its own: about as long as its last one took, and no longer. */
const PAUSE_MAX_MS = 250

/**
 * Several nodes that write into one conversation, of which only one commit at a time can follow the last. Whoever was
 * first goes on without a gap, and the others never come: so each that knows of others commits what has gathered, and
 * then leaves them a while.
 */
export class Rivalry {
  readonly #isShared: boolean
  #heardAt = Number.NEGATIVE_INFINITY
  #beganAt = 0
  #timer: NodeJS.Timeout | null = null

  constructor(isShared: boolean) {
    this.#isShared = isShared
  }

  /** Another node has stored something. */
  heard(): void {
    this.#heardAt = performance.now()
  }

  /** Own events are on their way into the store. */
  began(): void {
    this.#beganAt = performance.now()
  }

  get isContended(): boolean {
    return this.#isShared && performance.now() - this.#heardAt < CONTENDED_MS
  }

  get isPausing(): boolean {
    return this.#timer !== null
  }

  /** Own events were stored: `goOn` is called when the others had their time. */
  pause(goOn: () => void): void {
    const ms = Math.min(performance.now() - this.#beganAt, PAUSE_MAX_MS) * (0.4 + 0.6 * Math.random())
    this.#timer ??= setTimeout(() => {
      this.#timer = null
      goOn()
    }, ms)
  }
}
