import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { WebSocket } from 'ws'
import { Reader } from '../stalled/reader.js'
import { Child } from '../support/child.js'
import { openHermesPairs } from '../support/pairs.js'
import { seedPeople } from '../support/people.js'
import { Sender } from '../support/sender.js'
import { Dialler } from '../support/sockets.js'
import { makeDatabase } from './database.js'

const MESSAGES = 10_000
const IN_FLIGHT = 64
const ROUNDS = 3
const PAYLOAD = 'x'.repeat(256)
/** started, invited, accepted, joined. */
const JOINED_SEQ = 4
const DEVICE = 'device=replayed'

interface Figures {
  /** Milliseconds. */
  readonly live: number
  readonly replayed: number
  readonly ratio: number
}

/** A backlog to one device, against the same messages to another while they are sent, in both stores. */
export async function replay(server: string, say: (text: string) => void) {
  const database = await makeDatabase(server)
  const sqlite = await measure(null, say)
  const postgresql = await measure(database.url, say)
  await database.drop()
  return { sqlite, postgresql }
}

/** `url` null: SQLite. */
async function measure(url: string | null, say: (text: string) => void): Promise<Figures> {
  const directory = await mkdtemp(join(tmpdir(), 'hermes-bench-'))
  const people = await seedPeople(directory, 2, url)
  const store: Readonly<Record<string, string>> = url === null ? {} : { HERMES_DATABASE_URL: url }
  const hermes = await Child.start(new URL('../support/hermes.ts', import.meta.url), directory, store)
  const [pair] = await openHermesPairs(directory, hermes.port, people)
  const receiver = people[1]
  if (pair === undefined || receiver === undefined) throw new Error('There is no pair')
  const { from, to, conversation } = pair
  const dialler = await Dialler.of(directory)
  const [sender, reader] = [new Sender(from, [conversation], IN_FLIGHT), new Reader(to, conversation, true, JOINED_SEQ)]
  const rounds: Figures[] = []
  for (let first = JOINED_SEQ; rounds.length < ROUNDS; first += MESSAGES) {
    const upToNow = await dialler.openSynced(hermes.port, receiver, `${DEVICE}&ack=auto`)
    await ended(upToNow)
    const last = first + MESSAGES
    const live = await timed(async () => {
      await Promise.all([sender.send(MESSAGES, PAYLOAD), reader.readUpTo(last)])
    })
    const replayed = await timed(async () => {
      const socket: WebSocket = dialler.dial(`wss://localhost:${hermes.port}/hub?${DEVICE}`, receiver)
      await new Reader(socket, conversation, true, first).readUpTo(last)
      await ended(socket)
    })
    const figures = { live, replayed, ratio: Math.round((live / replayed) * 10) / 10 }
    say(`${url === null ? 'SQLite' : 'PostgreSQL'}: ${JSON.stringify(figures)}\n`)
    rounds.push(figures)
  }
  for (const socket of [from, to]) socket.terminate()
  await hermes.stop()
  await rm(directory, { recursive: true, force: true })
  return median(rounds)
}

function median(rounds: readonly Figures[]): Figures {
  const middle = [...rounds].sort((a, b) => a.ratio - b.ratio)[Math.floor(rounds.length / 2)]
  if (middle === undefined) throw new Error('There was no round')
  return middle
}

/** The server knows of the end, too: it acknowledges nothing for this connection any more. */
async function ended(socket: WebSocket): Promise<void> {
  socket.close()
  await once(socket, 'close')
}

/** Milliseconds. */
async function timed(work: () => Promise<void>): Promise<number> {
  const since = performance.now()
  await work()
  return Math.round(performance.now() - since)
}
