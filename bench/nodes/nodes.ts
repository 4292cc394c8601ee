import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { WebSocket } from 'ws'
import { shareAuthorities } from '../../scripts/cluster/node.js'
import { startNats, startPostgres } from '../../scripts/programs/engines.js'
import { Child } from '../support/child.js'
import { converse } from '../support/conversation.js'
import { type Person, seedPeople } from '../support/people.js'
import { Sender } from '../support/sender.js'
import { Dialler } from '../support/sockets.js'

const ROUNDS = 5
/** Of each of two senders, in each round. */
const MESSAGES = 1000
const IN_FLIGHT = 16
const PAYLOAD = 'x'.repeat(256)
const SERVER = new URL('../support/hermes.ts', import.meta.url)

interface Stage {
  readonly conversation: string
  /** A connection to the first or the second node, whose events count as acknowledged when they are written. */
  readonly open: (node: 0 | 1, person: Person, device: string) => Promise<WebSocket>
  readonly people: readonly [Person, Person, Person]
}

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
    report(seconds, json)
  } finally {
    for (const server of servers) await server.stop()
    for (const engine of [nats, postgres]) await engine.end()
    await rm(directory, { recursive: true, force: true })
  }
}

async function openStage(
  dialler: Dialler,
  servers: readonly [Child, Child],
  people: readonly Person[],
): Promise<Stage> {
  const [alice, bob, carol] = people
  if (!alice || !bob || !carol) throw new Error('there are three')
  const open: Stage['open'] = (node, person, device) =>
    dialler.openSynced(servers[node].port, person, `ack=auto&device=${device}`)
  const sockets = await Promise.all([alice, bob, carol].map((person) => open(0, person, 'first')))
  const [a, b, c] = sockets
  if (!a || !b || !c) throw new Error('there are three')
  const conversation = await converse(dialler.rootPem, [alice, a], [bob, b], [carol, c])
  for (const socket of sockets) socket.terminate()
  return { conversation, open, people: [alice, bob, carol] }
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

function report(seconds: ReadonlyMap<string, number>, json: boolean): void {
  const alone = seconds.get('both senders on one node') ?? Number.NaN
  const rows = [...seconds].map(([setup, took]) => ({
    setup,
    perSecond: Math.round((2 * MESSAGES * ROUNDS) / took),
    ratio: Number((alone / took).toFixed(2)),
  }))
  if (json) process.stdout.write(`${JSON.stringify(rows)}\n`)
  else
    for (const { setup, perSecond, ratio } of rows) process.stdout.write(`${setup}: ${perSecond} a second (${ratio})\n`)
}
