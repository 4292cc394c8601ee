import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { Child } from '../support/child.js'
import { Flood, type FloodSetup } from '../support/flood.js'
import { type Latency, Meter } from '../support/meter.js'
import { openHermesPairs } from '../support/pairs.js'
import { seedPeople } from '../support/people.js'

const PAIRS = 20
const MEMBERS = 8
const PER_SECOND = 200
const ROUNDS = 5
const ROUND_MS = 5000
/** Between the beginning of a flood and the first sample, and after its end. */
const SETTLE_MS = 1500

/** No limit ends the floods. */
const UNLIMITED = {
  HERMES_PASSWORDS_PER_MINUTE: '0',
  HERMES_REGISTRATIONS_PER_HOUR: '0',
  HERMES_LOGIN_FAILURES: '0',
  HERMES_PASSWORD_QUEUE_PER_ADDRESS: '1024',
  HERMES_STORED_BYTES_MAX: '0',
}

const FLOODS = ['password', 'conversation'] as const
type Flooded = (typeof FLOODS)[number]

interface Turn {
  readonly idle: Latency
  readonly flooded: Latency
}

/** What others feel of a flood of passwords, and of one conversation: idle and flooded in turns. */
export async function isolation({ json }: { readonly json: boolean }): Promise<void> {
  const say = (text: string) => void (json || process.stdout.write(`${text}\n`))
  const directory = await mkdtemp(join(tmpdir(), 'hermes-bench-'))
  say(`${PAIRS} pairs, ${PER_SECOND} messages a second in all, from sender to receiver, each stored`)
  const people = await seedPeople(directory, PAIRS * 2 + MEMBERS)
  const hermes = await Child.start(new URL('../support/hermes.ts', import.meta.url), directory, UNLIMITED)
  const pairs = await openHermesPairs(directory, hermes.port, people.slice(0, PAIRS * 2))
  const meter = new Meter(pairs)
  await writeFile(join(directory, 'flood.json'), JSON.stringify(people.slice(PAIRS * 2)))
  const setup: FloodSetup = { directory, hubPort: hermes.port, identityPort: hermes.identityPort }
  const floods = {
    password: await Flood.start(new URL('./password-flood.ts', import.meta.url), setup),
    conversation: await Flood.start(new URL('./conversation-flood.ts', import.meta.url), setup),
  }
  await meter.measure(PER_SECOND, ROUND_MS)
  const turns: Record<Flooded, Turn[]> = { password: [], conversation: [] }
  for (let round = 1; round <= ROUNDS; round += 1)
    for (const flooded of FLOODS) {
      const { turn, said } = await takeTurn(meter, floods[flooded])
      turns[flooded].push(turn)
      say(`round ${round} of ${ROUNDS}: idle ${describe(turn.idle)}; ${flooded} ${describe(turn.flooded)} (${said})`)
    }
  const result = { password: summary(turns.password), conversation: summary(turns.conversation) }
  process.stdout.write(json ? `${JSON.stringify(result)}\n` : `\n${report(result)}\n`)
  for (const { from, to } of pairs) for (const socket of [from, to]) socket.terminate()
  await Promise.all([hermes, floods.password, floods.conversation].map((child) => child.stop()))
  await rm(directory, { recursive: true, force: true })
}

async function takeTurn(meter: Meter, flood: Flood): Promise<{ readonly turn: Turn; readonly said: string }> {
  const idle = await meter.measure(PER_SECOND, ROUND_MS)
  flood.begin()
  await pause(SETTLE_MS)
  const flooded = await meter.measure(PER_SECOND, ROUND_MS)
  const said = await flood.end()
  await pause(SETTLE_MS)
  return { turn: { idle, flooded }, said }
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

function round2(value: number): number {
  return Math.round(value * 100) / 100
}

function summary(turns: readonly Turn[]) {
  const of = (name: keyof Turn) => ({
    p50: round2(median(turns.map((turn) => turn[name].p50))),
    p99: round2(median(turns.map((turn) => turn[name].p99))),
  })
  const ratios = turns.map(({ idle, flooded }) => flooded.p99 / idle.p99)
  return { idle: of('idle'), flooded: of('flooded'), ratio: round2(median(ratios)), ratios: ratios.map(round2) }
}

function describe({ p50, p99 }: Latency): string {
  return `p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms`
}

function report(result: Record<Flooded, ReturnType<typeof summary>>): string {
  return FLOODS.map((name) => {
    const { idle, flooded, ratio, ratios } = result[name]
    return `${name}: p99 ${idle.p99} ms idle, ${flooded.p99} ms flooded; ratio ${ratio} (median of ${ratios.join(', ')})`
  }).join('\n')
}
