import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { shareAuthorities } from '../../scripts/cluster/node.js'
import { startNats, startPostgres } from '../../scripts/programs/engines.js'
import { Child } from '../support/child.js'
import { seedPeople } from '../support/people.js'
import { Sender } from '../support/sender.js'
import { Dialler } from '../support/sockets.js'
import { IN_FLIGHT, openStage, PAYLOAD, type Stage } from './stage.js'
import { type Wait, waitBesideFlood } from './wait.js'

const ROUNDS = 5
/** Of each of two senders, in each round. */
const MESSAGES = 1000
const SERVER = new URL('../support/hermes.ts', import.meta.url)

/** How fast one conversation is on one node, beside a second one that listens, and from both, in turns. */
const SETUPS = {
  'both senders on one node': async ({ open, people: [alice, bob] }: Stage) => ({
    senders: [await open(0, alice, 'here'), await open(0, bob, 'here')],
    listeners: [],
  }),
  'and a member listens on another': async ({ open, people: [alice, bob, carol] }: Stage) => ({
    senders: [await open(0, alice, 'here'), await open(0, bob, 'here')],
    listeners: [await open(1, carol, 'there')],
  }),
  'a sender on each of two nodes': async ({ open, people: [alice, bob] }: Stage) => ({
    senders: [await open(0, alice, 'here'), await open(1, bob, 'there')],
    listeners: [],
  }),
} as const

/** Over a PostgreSQL and a NATS of the bench's own. */
export async function nodes({ json }: { readonly json: boolean }): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'hermes-bench-'))
  const folders = [join(directory, 'first'), join(directory, 'second')] as const
  const [postgres, nats] = [await startPostgres(directory), await startNats(directory)]
  const people = await seedPeople(folders[0], 3, postgres.url)
  await shareAuthorities(...folders)
  const environment = { HERMES_DATABASE_URL: postgres.url, HERMES_NATS_URL: nats.url, HERMES_STORED_BYTES_MAX: '0' }
  const servers = [
    await Child.start(SERVER, folders[0], environment),
    await Child.start(SERVER, folders[1], environment),
  ] as const
  try {
    const stage = await openStage(await Dialler.of(folders[0]), servers, people)
    const seconds = new Map<string, number>()
    for (let round = 0; round < ROUNDS; round += 1)
      for (const [name, setup] of Object.entries(SETUPS))
        seconds.set(name, (seconds.get(name) ?? 0) + (await time(stage, setup)))
    report(seconds, [await waitBesideFlood(stage, 0), await waitBesideFlood(stage, 1)], json)
  } finally {
    for (const server of servers) await server.stop()
    for (const engine of [nats, postgres]) await engine.end()
    await rm(directory, { recursive: true, force: true })
  }
}

async function time(stage: Stage, setup: (typeof SETUPS)[keyof typeof SETUPS]): Promise<number> {
  const { senders, listeners } = await setup(stage)
  const since = performance.now()
  await Promise.all(
    senders.map((socket) => new Sender(socket, [stage.conversation], IN_FLIGHT).send(MESSAGES, PAYLOAD)),
  )
  const seconds = (performance.now() - since) / 1000
  for (const socket of [...senders, ...listeners]) socket.terminate()
  return seconds
}

function report(seconds: ReadonlyMap<string, number>, waits: readonly [Wait, Wait], json: boolean): void {
  const alone = seconds.get('both senders on one node') ?? Number.NaN
  const rows = [...seconds].map(([setup, took]) => ({
    setup,
    perSecond: Math.round((2 * MESSAGES * ROUNDS) / took),
    ratio: Number((alone / took).toFixed(2)),
  }))
  const [same, other] = waits
  const lines = [
    ...rows.map(({ setup, perSecond, ratio }) => `${setup}: ${perSecond} a second (${ratio})`),
    `beside a flood on the same node a message waits ${same.p50} ms (p50), ${same.max} at most; on another ${other.p50} and ${other.max}`,
  ]
  process.stdout.write(json ? `${JSON.stringify({ rows, same, other })}\n` : `${lines.join('\n')}\n`)
}
