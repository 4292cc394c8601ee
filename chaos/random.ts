import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64'
import { uniformInt } from 'pure-rand/distribution/uniformInt'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'

/** Decisions that are the same for the same seed. Whoever decides by himself has a stream of his own. */
export class Random {
  readonly #generator

  constructor(seed: number) {
    this.#generator = xoroshiro128plus(seed)
  }

  /** Another stream, which goes its own way from here. */
  fork(): Random {
    return new Random(this.#generator.next())
  }

  /** Both included. */
  int(from: number, to: number): number {
    return uniformInt(this.#generator, from, to)
  }

  chance(probability: number): boolean {
    return uniformFloat64(this.#generator) < probability
  }

  /** Milliseconds between two things that happen at random, `mean` apart. */
  pause(mean: number): number {
    return -Math.log(1 - uniformFloat64(this.#generator)) * mean
  }

  /** Null where there is none. */
  pick<T>(items: readonly T[]): T | null {
    return items[this.int(0, Math.max(0, items.length - 1))] ?? null
  }

  /** Some of them, in their order. */
  some<T>(items: readonly T[], share: number): readonly T[] {
    return items.filter(() => this.chance(share))
  }

  /** One of a table of weights. */
  weighted<K extends string>(weights: Readonly<Record<K, number>>): K {
    const entries = Object.entries<number>(weights) as [K, number][]
    let left = uniformFloat64(this.#generator) * entries.reduce((sum, [, weight]) => sum + weight, 0)
    for (const [name, weight] of entries) {
      left -= weight
      if (left < 0) return name
    }
    throw new Error('a table of weights is empty')
  }
}
