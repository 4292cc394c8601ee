/** Frames after which others go first: about half a millisecond of sends. */
const FRAMES_A_TURN = 8
/** Requests of one connection that are not answered yet: what it may have of a commit, and of what follows it. */
const UNDER_WAY_MAX = 16

/** What one connection may take before others have their turn, so that none holds the event loop or fills a commit. */
export class Share {
  readonly #regained: () => void
  #taken = 0
  #isResting = false
  #underWay = 0

  /** `regained` is called when the next frame need not wait any more. */
  constructor(regained: () => void) {
    this.#regained = regained
  }

  /** Whether the next frame must wait. */
  get isSpent(): boolean {
    return this.#isResting || this.#underWay >= UNDER_WAY_MAX
  }

  /** A frame is taken. */
  take(): void {
    this.#taken += 1
    if (this.#taken % FRAMES_A_TURN !== 0) return
    this.#isResting = true
    setImmediate(() => {
      this.#isResting = false
      this.#regained()
    })
  }

  /** A request waits for its answer. */
  begin(): void {
    this.#underWay += 1
  }

  /** It was answered. */
  end(): void {
    if (this.#underWay === UNDER_WAY_MAX) setImmediate(this.#regained)
    this.#underWay -= 1
  }
}
