import type { Sample } from './exposition.js'

/** Counts by the value of a label. */
export class Tally {
  readonly #counts = new Map<string, number>()

  /** `labels` are there with 0 from the beginning, so that the first one counted is seen as an increase. */
  constructor(...labels: readonly string[]) {
    for (const label of labels) this.#counts.set(label, 0)
  }

  add(label: string, count = 1): void {
    this.#counts.set(label, (this.#counts.get(label) ?? 0) + count)
  }

  of(label: string): number {
    return this.#counts.get(label) ?? 0
  }

  [Symbol.iterator](): Iterator<[string, number]> {
    return this.#counts.entries()
  }

  /** Under that one label. */
  get samples(): readonly Sample[] {
    return [...this].map(([label, count]) => [[label], count])
  }
}

/** One of each for every value of a label, made when it is first asked for. */
export class ByLabel<T> {
  readonly #make: () => T
  readonly #all = new Map<string, T>()

  constructor(make: () => T) {
    this.#make = make
  }

  of(label: string): T {
    const known = this.#all.get(label)
    if (known !== undefined) return known
    const made = this.#make()
    this.#all.set(label, made)
    return made
  }

  [Symbol.iterator](): Iterator<[string, T]> {
    return this.#all.entries()
  }

  /** Something of each, under that one label. */
  samples<V>(read: (one: T) => V): readonly Sample<V>[] {
    return [...this].map(([label, one]) => [[label], read(one)])
  }
}
