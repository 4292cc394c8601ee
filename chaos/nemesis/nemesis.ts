import { setTimeout as pause } from 'node:timers/promises'
import type { HistoryFile } from '../history/file.js'
import { now } from '../now.js'
import type { Random } from '../random.js'

/** Something that breaks, and is whole again when it resolves. Answers what was hit. */
export type Breaking = (random: Random) => Promise<string>

/** What may break, and how often beside the others. */
export type Faults = Readonly<Record<string, Fault>>

interface Fault {
  readonly weight: number
  readonly breaking: Breaking
  /** News of one hub may reach the others late because of it. */
  readonly delaysNews: boolean
}

/** Breaks one thing after another. */
export class Nemesis {
  readonly counts: Record<string, number> = {}
  /** Rejects when something cannot be made whole again. */
  readonly failure: Promise<never>
  readonly #file: HistoryFile
  readonly #loops: Promise<void>[] = []
  #fail: (cause: unknown) => void = () => {}
  #isOver = false

  constructor(file: HistoryFile) {
    this.#file = file
    this.failure = new Promise((_, reject) => {
      this.#fail = reject
    })
  }

  /** `pauseMs` lie between two faults of the table, on average. */
  begin(random: Random, faults: Faults, pauseMs: number): void {
    this.#loops.push(this.#loop(random, faults, pauseMs).catch(this.#fail))
  }

  /** Resolves when everything is whole. */
  async end(): Promise<void> {
    this.#isOver = true
    await Promise.all(this.#loops)
  }

  async #loop(random: Random, faults: Faults, pauseMs: number): Promise<void> {
    const weights = Object.fromEntries(Object.entries(faults).map(([name, { weight }]) => [name, weight]))
    for (;;) {
      await pause(random.pause(pauseMs))
      if (this.#isOver) return
      const fault = random.weighted(weights)
      const since = now()
      const { breaking, delaysNews } = faults[fault] ?? raise(fault)
      const target = await breaking(random)
      this.counts[fault] = (this.counts[fault] ?? 0) + 1
      this.#file.write({ kind: 'fault', t: now(), since, fault, target, delaysNews })
    }
  }
}

function raise(fault: string): never {
  throw new Error(`there is no fault ${fault}`)
}
