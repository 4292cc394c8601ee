import { Counter, Gauge, type Metric, Registry } from 'prom-client'
import type { Distribution } from './distribution.js'

export interface Definition {
  readonly name: string
  readonly help: string
  readonly labels?: readonly string[]
}

/** The values of the labels in their order, and what was counted. */
export type Sample<T = number> = readonly [labels: readonly string[], value: T]

type Read<T> = () => Iterable<Sample<T>> | Promise<Iterable<Sample<T>>>

/** What is exposed: everything is read when it is asked for, so that counting costs no more than a plain number. */
export class Exposition {
  readonly registry = new Registry()

  counter(definition: Definition, read: Read<number>): void {
    this.#add(Counter, definition, read)
  }

  gauge(definition: Definition, read: Read<number>): void {
    this.#add(Gauge, definition, read)
  }

  #add(Kind: typeof Counter | typeof Gauge, { name, help, labels = [] }: Definition, read: Read<number>): void {
    const metric: Counter | Gauge = new Kind({
      name,
      help,
      labelNames: [...labels],
      registers: [this.registry],
      async collect() {
        const samples = await read()
        metric.reset()
        for (const [values, value] of samples) metric.inc(labelled(labels, values), value)
      },
    })
  }

  /** The library's own histogram hashes its labels for each value, which is too dear for each message. */
  histogram({ name, help, labels = [] }: Definition, read: () => Iterable<Sample<Distribution>>): void {
    const get = async () => ({
      name,
      help,
      type: 'histogram',
      aggregator: 'sum',
      values: [...read()].flatMap(([values, distribution]) => bucketsOf(name, labelled(labels, values), distribution)),
    })
    this.registry.registerMetric({ name, get } as unknown as Metric)
  }
}

function labelled(names: readonly string[], values: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name, index) => [name, values[index] ?? '']))
}

function bucketsOf(name: string, labels: Record<string, string>, { bounds, counts, sum }: Distribution) {
  let total = 0
  const buckets = [...counts].map((count, index) => {
    total += count
    return { metricName: `${name}_bucket`, labels: { ...labels, le: String(bounds[index] ?? '+Inf') }, value: total }
  })
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels, value: sum },
    { metricName: `${name}_count`, labels, value: total },
  ]
}
