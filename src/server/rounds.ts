import { setTimeout as sleepFor } from 'node:timers/promises'

/** Waits so many milliseconds; rejects when it is aborted. */
export type Sleep = (milliseconds: number, signal: AbortSignal) => Promise<unknown>

export interface Round {
  /** Aborted when nothing more is to begin. */
  readonly signal: AbortSignal
  /** Waits so many milliseconds, or until `signal`. */
  readonly pause: (milliseconds: number) => Promise<unknown>
}

/** Work that comes round again and again. */
export interface Rounds {
  /** Begins the first round. */
  start(): void
  /** Resolves when the last has ended. */
  stop(): Promise<void>
}

/** `run` must not reject; `everyMs` lie between the end of a round and the next. */
export function createRounds(
  run: (round: Round) => Promise<void>,
  everyMs: number,
  sleep: Sleep = (milliseconds, signal) => sleepFor(milliseconds, undefined, { signal }),
): Rounds {
  const stopping = new AbortController()
  const { signal } = stopping
  const pause = (milliseconds: number) => sleep(milliseconds, signal).catch(() => {})
  const runAll = async () => {
    while (!signal.aborted) {
      await run({ signal, pause })
      await pause(everyMs)
    }
  }
  let running = Promise.resolve()
  return {
    start() {
      running = runAll()
    },
    async stop() {
      stopping.abort()
      await running
    },
  }
}
