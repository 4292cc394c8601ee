import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Answers, Delay, Listening, Memory } from './child.js'

const SAMPLE_MS = 10
const NANOSECONDS = 1_000_000

const QUESTIONS: { readonly [Q in keyof Answers]: () => Answers[Q] | Promise<Answers[Q]> } = {
  cpu() {
    const { user, system } = process.cpuUsage()
    return user + system
  },
  memory,
  delay,
}

/** The other side of Child, in its process: says where it listens, and answers what is asked. */
export function serveParent(listening: Listening, stop: () => Promise<void>): void {
  process.on('message', (question: keyof Answers) => {
    void Promise.resolve(QUESTIONS[question]()).then((answer) => process.send?.({ [question]: answer }))
  })
  process.on('SIGTERM', () => {
    void stop().finally(() => process.exit(0))
  })
  // A benchmark that fails leaves no server behind.
  process.once('disconnect', () => process.exit(1))
  process.send?.(listening)
}

/** V8 gives memory back some time after it has collected. */
async function memory(): Promise<Memory> {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  for (let round = 0; round < 3; round += 1) {
    collect()
    await pause(500)
  }
  const { rss, heapUsed, external } = process.memoryUsage()
  return { rss, heapUsed, external }
}

let histogram: IntervalHistogram | null = null

/** A sample is the time between two timers: what is beyond their interval is delay. */
function delay(): Delay {
  if (!histogram) {
    histogram = monitorEventLoopDelay({ resolution: SAMPLE_MS })
    histogram.enable()
    return { p50: 0, p99: 0, max: 0 }
  }
  const late = (nanoseconds: number) => Math.max(0, nanoseconds / NANOSECONDS - SAMPLE_MS)
  const found = { p50: late(histogram.percentile(50)), p99: late(histogram.percentile(99)), max: late(histogram.max) }
  histogram.reset()
  return found
}
