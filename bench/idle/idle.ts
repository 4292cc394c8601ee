import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Child, type Delay } from '../support/child.js'
import { type Latency, Meter } from '../support/meter.js'
import { openHermesPairs } from '../support/pairs.js'
import { type Person, seedPeople } from '../support/people.js'
import { Crowd } from './crowd.js'

const PEOPLE = 2500
const DEVICES = 4
const CONNECTIONS = PEOPLE * DEVICES
/** Processes among which they are shared, so that none has more than 5,000 files open. */
const CROWDS = 2
const CHATTING = 100
const PER_SECOND = 100
/** Longer than a heartbeat, so that every connection is asked whether it is there. */
const CHAT_MS = 30_000
const ALONE_MS = 10_000
const KIBIBYTE = 1024

type Say = (text: string) => void

/** Memory of 10,000 idle connections, beside those of a bare server, and what a hundred who chat feel of them. */
export async function idle({ json }: { readonly json: boolean }): Promise<void> {
  const say: Say = (text) => void (json || process.stdout.write(`${text}\n`))
  const directory = await mkdtemp(join(tmpdir(), 'hermes-bench-'))
  say(`Making ${PEOPLE + CHATTING} users`)
  const people = await seedPeople(directory, PEOPLE + CHATTING)
  const [chatting, crowd] = [people.slice(0, CHATTING), people.slice(CHATTING)]
  const bare = await measureBare(directory, crowd, say)
  const hermes = await measureHermes(directory, chatting, crowd, say)
  const result = { connections: CONNECTIONS, bare, hermes, ratio: round2(hermes.kibibytes / bare.kibibytes) }
  process.stdout.write(json ? `${JSON.stringify(result)}\n` : `\n${report(result)}\n`)
  await rm(directory, { recursive: true, force: true })
}

async function measureBare(directory: string, people: readonly Person[], say: Say) {
  const server = await Child.start(new URL('../relay/bare.ts', import.meta.url), directory)
  const before = await server.ask('memory')
  const crowds = await gather(directory, `wss://localhost:${server.port}/?name=NAME-DEVICE`, people)
  const kibibytes = perConnection(before.rss, (await server.ask('memory')).rss)
  say(`bare: ${CONNECTIONS} connections, ${kibibytes} KiB each`)
  for (const crowd of crowds) await crowd.leave()
  await server.stop()
  return { kibibytes }
}

async function measureHermes(directory: string, chatting: readonly Person[], people: readonly Person[], say: Say) {
  const server = await Child.start(new URL('../support/hermes.ts', import.meta.url), directory)
  const pairs = await openHermesPairs(directory, server.port, chatting)
  const meter = new Meter(pairs)
  const alone = await chat(server, meter, ALONE_MS)
  say(`hermes: ${CHATTING} chat alone: ${describe(alone)}`)
  const before = await server.ask('memory')
  const crowds = await gather(directory, `wss://localhost:${server.port}/hub?device=DEVICE`, people)
  const after = await server.ask('memory')
  const kibibytes = perConnection(before.rss, after.rss)
  say(`hermes: ${CONNECTIONS} connections, ${kibibytes} KiB each`)
  const crowded = await chat(server, meter, CHAT_MS)
  say(`hermes: ${CHATTING} chat beside them: ${describe(crowded)}`)
  await requireAllServed(crowds)
  for (const crowd of crowds) await crowd.leave()
  for (const { from, to } of pairs) for (const socket of [from, to]) socket.terminate()
  await server.stop()
  return { kibibytes, heapKibibytes: perConnection(before.heapUsed, after.heapUsed), alone, crowded }
}

function gather(directory: string, url: string, people: readonly Person[]): Promise<readonly Crowd[]> {
  const size = Math.ceil(people.length / CROWDS)
  return Promise.all(
    Array.from({ length: CROWDS }, (_, index) =>
      Crowd.gather({ directory, url, devices: DEVICES, people: people.slice(index * size, (index + 1) * size) }),
    ),
  )
}

async function chat(server: Child, meter: Meter, ms: number) {
  await server.ask('delay')
  const latency = rounded(await meter.measure(PER_SECOND, ms))
  return { latency, delay: rounded(await server.ask('delay')) }
}

async function requireAllServed(crowds: readonly Crowd[]): Promise<void> {
  let told = 0
  for (const crowd of crowds) {
    const { lost } = await crowd.report()
    if (lost > 0) throw new Error(`${lost} connections were lost`)
    told += await crowd.whoami()
  }
  if (told !== CONNECTIONS) throw new Error(`${told} of ${CONNECTIONS} were answered`)
}

function perConnection(before: number, after: number): number {
  return round2((after - before) / CONNECTIONS / KIBIBYTE)
}

function round2(value: number): number {
  return Math.round(value * 100) / 100
}

function rounded<T extends Latency | Delay>(figures: T): T {
  return Object.fromEntries(Object.entries(figures).map(([name, value]) => [name, round2(value)])) as unknown as T
}

type Chat = Awaited<ReturnType<typeof chat>>

function describe({ latency, delay }: Chat): string {
  return `relay p50 ${latency.p50} ms, p99 ${latency.p99} ms; event loop late p99 ${delay.p99} ms, at most ${delay.max} ms`
}

interface Result {
  readonly bare: { readonly kibibytes: number }
  readonly hermes: { readonly kibibytes: number; readonly heapKibibytes: number }
  readonly ratio: number
}

function report({ bare, hermes, ratio }: Result): string {
  return [
    `hermes  ${hermes.kibibytes} KiB a connection (${hermes.heapKibibytes} of them in the heap); all were served`,
    `bare    ${bare.kibibytes} KiB`,
    `ratio   ${ratio}`,
  ].join('\n')
}
