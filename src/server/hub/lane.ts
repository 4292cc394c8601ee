/** Frames that wait before the socket is paused. */
const FRAMES = 64
/** Their length: two of the longest. */
const CHARACTERS = 1024 * 1024
/**
 * Frames that wait although the socket is paused: they had been read already. More are refused. One read is a TLS
 * record of 16 KiB, in which there is room for some 340 requests; only frames that are none are so many.
 */
const FRAMES_MAX = 1024

/** The frames of one connection that wait for those before them, in order. */
export class Lane {
  readonly #frames: string[] = []
  #characters = 0

  /** Whether nothing more should be read. */
  get isFull(): boolean {
    return this.#frames.length >= FRAMES || this.#characters >= CHARACTERS
  }

  /** Whether it takes no more. */
  get isOverfull(): boolean {
    return this.#frames.length >= FRAMES_MAX
  }

  push(frame: string): void {
    this.#frames.push(frame)
    this.#characters += frame.length
  }

  shift(): string | undefined {
    const frame = this.#frames.shift()
    this.#characters -= frame?.length ?? 0
    return frame
  }

  clear(): void {
    this.#frames.length = 0
    this.#characters = 0
  }
}
