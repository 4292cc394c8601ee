import { createSecretKey, randomBytes, randomUUID } from 'node:crypto'
import type { Test } from 'tap'
import type { Bus } from '../../src/bus/bus.js'
import type { BusMeter, Dropped } from '../../src/bus/meter.js'
import { createNatsBus } from '../../src/bus/nats/nats.js'
import type { NatsOptions } from '../../src/bus/nats/options.js'
import { Heard } from './contract.js'

/** What a bus counted and logged. */
export class Notes implements BusMeter {
  readonly lines: string[] = []
  readonly drops: Dropped[] = []
  readonly lags: number[] = []
  counts = { sent: 0, received: 0 }

  sent(): void {
    this.counts.sent += 1
  }

  received(): void {
    this.counts.received += 1
  }

  dropped(why: Dropped): void {
    this.drops.push(why)
  }

  lagged(ms: number): void {
    this.lags.push(ms)
  }

  info(_: object, message: string): void {
    this.lines.push(message)
  }

  warn(_: object, message: string): void {
    this.lines.push(message)
  }

  error(_: object, message: string): void {
    this.lines.push(message)
  }
}

export interface Node {
  readonly bus: Bus
  readonly heard: Heard
  readonly notes: Notes
}

type Choices = Partial<NatsOptions> & Pick<NatsOptions, 'servers'>

/** An installation of the test's own on a NATS that others may use too. */
export function prefix(): string {
  return `hermes-test-${randomUUID()}`
}

/** That of the nodes of a test, where none is given. */
export const KEY = createSecretKey(randomBytes(32))

/** One node, closed with the test. */
export function node(t: Test, choices: Choices): Node {
  const notes = new Notes()
  const defaults = { caFile: null, certFile: null, keyFile: null, credentialsFile: null, prefix: prefix() }
  const limits = { inlineBytes: 65_536, bufferBytes: 16 * 1024 * 1024 }
  const bus = createNatsBus({
    ...defaults,
    ...limits,
    key: KEY,
    now: Date.now,
    meter: notes,
    logger: notes,
    ...choices,
  })
  const heard = new Heard()
  bus.subscribe(heard)
  t.teardown(() => bus.close())
  return { bus, heard, notes }
}

/** Waits until something is so. */
export async function until(isSo: () => boolean, what: string, ms = 20_000): Promise<void> {
  const deadline = Date.now() + ms
  while (!isSo()) {
    if (Date.now() > deadline) throw new Error(`waited in vain for ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** So many nodes of one installation, all of them connected. */
export async function nodes(t: Test, count: number, choices: Choices): Promise<readonly Node[]> {
  const shared = { prefix: prefix(), ...choices }
  const all = Array.from({ length: count }, () => node(t, shared))
  for (const { bus } of all) await until(() => !bus.isAway, 'NATS')
  return all
}
