import { setTimeout as pause } from 'node:timers/promises'
import { v7 } from 'uuid'
import type { HermesPair } from './pairs.js'
import { parse } from './sockets.js'

/** Milliseconds. */
export interface Latency {
  readonly messages: number
  readonly p50: number
  readonly p99: number
  readonly max: number
}

const PAYLOAD_BYTES = 256
const TICK_MS = 5
/** What was sent last has this long to arrive. */
const LATE_MS = 5000

/**
 * How long a message takes from its sender to its receiver, who is another client of this process. An open loop: a
 * message is sent when its time has come, whatever became of those before.
 */
export class Meter {
  readonly #pairs: readonly HermesPair[]
  #samples: number[] = []
  #sent = 0

  constructor(pairs: readonly HermesPair[]) {
    this.#pairs = pairs
    for (const { to, conversation } of pairs)
      to.on('message', (data) => {
        const { method, params } = parse(data)
        if (method !== 'event') return
        this.#samples.push(performance.now() - Number(params?.payload))
        const ack = { conversation, seq: params?.seq }
        to.send(JSON.stringify({ jsonrpc: '2.0', method: 'ack', params: ack }))
      })
  }

  async measure(perSecond: number, ms: number): Promise<Latency> {
    this.#samples = []
    this.#sent = 0
    const since = performance.now()
    for (let elapsed = 0; elapsed < ms; elapsed = performance.now() - since) {
      while (this.#sent < (elapsed / 1000) * perSecond) this.#send()
      await pause(TICK_MS)
    }
    for (let waited = 0; this.#samples.length < this.#sent && waited < LATE_MS; waited += TICK_MS) await pause(TICK_MS)
    if (this.#samples.length !== this.#sent) throw new Error(`${this.#samples.length} of ${this.#sent} arrived`)
    return latencyOf(this.#samples)
  }

  #send(): void {
    const { from, conversation } = this.#pairs[this.#sent % this.#pairs.length] ?? {}
    this.#sent += 1
    const payload = String(performance.now()).padEnd(PAYLOAD_BYTES)
    const params = { conversation, messageId: v7(), payload }
    from?.send(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'send', params }))
  }
}

function latencyOf(samples: readonly number[]): Latency {
  const sorted = [...samples].sort((a, b) => a - b)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
  return { messages: sorted.length, p50: at(0.5), p99: at(0.99), max: at(1) }
}
