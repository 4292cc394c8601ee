import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Child } from '../support/child.js'
import { openHermesPairs } from '../support/pairs.js'
import { seedPeople } from '../support/people.js'
import { bareSender, hermesSender, type Sender } from './load.js'
import { openBarePairs } from './pairs.js'

const PAIRS = 50
const IN_FLIGHT = 16
const ROUNDS = 5
const ROUND_MS = 3000
const WARM_UP_MS = 4000

interface Round {
  readonly messages: number
  /** Microseconds of server CPU for each message. */
  readonly cpu: number
  readonly perSecond: number
}

/** Server CPU for each message: Hermes, which stores it before it answers, beside a bare relay, in turns. */
export async function relay({ json }: { readonly json: boolean }): Promise<void> {
  const say = (text: string) => void (json || process.stdout.write(text))
  const directory = await mkdtemp(join(tmpdir(), 'hermes-bench-'))
  say(`${PAIRS} pairs over mutual TLS, 256-byte payloads, ${IN_FLIGHT} in flight each\n`)
  const people = await seedPeople(directory, PAIRS * 2)
  const hermes = await Child.start(new URL('../support/hermes.ts', import.meta.url), directory)
  const bare = await Child.start(new URL('./bare.ts', import.meta.url), directory)
  const hermesPairs = await openHermesPairs(directory, hermes.port, people)
  const barePairs = await openBarePairs(directory, bare.port, people)
  const hermesSenders = hermesPairs.map(({ from, to, conversation }) => hermesSender(from, to, conversation, IN_FLIGHT))
  const bareSenders = barePairs.map(({ from, to, name }) => bareSender(from, to, name, IN_FLIGHT))
  say('Warming up\n')
  await measure(hermes, hermesSenders, WARM_UP_MS)
  await measure(bare, bareSenders, WARM_UP_MS)
  const rounds: { hermes: Round; bare: Round }[] = []
  for (let index = 0; index < ROUNDS; index += 1) {
    const round = {
      hermes: await measure(hermes, hermesSenders, ROUND_MS),
      bare: await measure(bare, bareSenders, ROUND_MS),
    }
    rounds.push(round)
    say(`round ${index + 1} of ${ROUNDS}: hermes ${describe(round.hermes)}; bare ${describe(round.bare)}\n`)
  }
  const result = summary(rounds)
  process.stdout.write(json ? `${JSON.stringify(result)}\n` : `\n${report(result)}\n`)
  for (const { from, to } of [...hermesPairs, ...barePairs]) for (const socket of [from, to]) socket.terminate()
  await Promise.all([hermes.stop(), bare.stop()])
  await rm(directory, { recursive: true, force: true })
}

async function measure(server: Child, senders: readonly Sender[], ms: number): Promise<Round> {
  const before = total(senders)
  const cpuBefore = await server.cpu()
  const since = performance.now()
  for (const sender of senders) {
    sender.running = true
    sender.fill()
  }
  await new Promise((resolve) => setTimeout(resolve, ms))
  for (const sender of senders) sender.running = false
  const seconds = (performance.now() - since) / 1000
  await new Promise((resolve) => setTimeout(resolve, 500))
  const messages = total(senders) - before
  const cpu = ((await server.cpu()) - cpuBefore) / messages
  return { messages, cpu, perSecond: messages / seconds }
}

function total(senders: readonly Sender[]): number {
  return senders.reduce((sum, { delivered }) => sum + delivered, 0)
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

function summary(rounds: readonly { readonly hermes: Round; readonly bare: Round }[]) {
  const ratios = rounds.map(({ hermes, bare }) => hermes.cpu / bare.cpu)
  const of = (name: 'hermes' | 'bare') => ({
    cpuMicrosecondsPerMessage: round2(median(rounds.map((round) => round[name].cpu))),
    messagesPerSecond: Math.round(median(rounds.map((round) => round[name].perSecond))),
    messages: rounds.reduce((sum, round) => sum + round[name].messages, 0),
  })
  return { ratio: round2(median(ratios)), ratios: ratios.map(round2), hermes: of('hermes'), bare: of('bare') }
}

function round2(value: number): number {
  return Math.round(value * 100) / 100
}

function describe({ cpu, perSecond }: Round): string {
  return `${cpu.toFixed(1)} µs, ${Math.round(perSecond)}/s`
}

function report({ ratio, ratios, hermes, bare }: ReturnType<typeof summary>): string {
  return [
    `hermes  ${hermes.cpuMicrosecondsPerMessage} µs of server CPU a message, stored before it is answered (${hermes.messagesPerSecond}/s)`,
    `bare    ${bare.cpuMicrosecondsPerMessage} µs (${bare.messagesPerSecond}/s)`,
    `ratio   ${ratio} (median of ${ratios.join(', ')})`,
  ].join('\n')
}
