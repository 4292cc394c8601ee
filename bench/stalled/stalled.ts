import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Child, type Memory } from '../support/child.js'
import { converse } from '../support/conversation.js'
import { type Person, seedPeople } from '../support/people.js'
import { Sender } from '../support/sender.js'
import { Dialler } from '../support/sockets.js'
import { Reader } from './reader.js'

const READERS = 200
const SENDERS = 20
const EVENTS = 1_000_000
const WARM_UP_EVENTS = 100_000
const IN_FLIGHT = 64
const PAYLOAD = 'x'.repeat(1024)
const SAY_MS = 5000
const MEBIBYTE = 1024 * 1024

/** Nobody is cut off while he stalls. */
const PATIENT = {
  HERMES_HEARTBEAT_SECONDS: '3600',
  HERMES_SLOW_SECONDS: '3600',
  HERMES_STORED_BYTES_MAX: '0',
}

interface Stage {
  readonly readers: readonly Reader[]
  readonly senders: readonly Sender[]
  /** Seq of the last event of each conversation so far. */
  last: number
}

/**
 * Memory of the server while 200 readers have stopped reading and a million events wait for them. Half of them
 * acknowledge nothing, so that their windows are full; half are acknowledged as they are written to, so that their
 * sockets are.
 */
export async function stalled({ json }: { readonly json: boolean }): Promise<void> {
  const say = (text: string) => void (json || process.stdout.write(`${text}\n`))
  const directory = await mkdtemp(join(tmpdir(), 'hermes-bench-'))
  say(`${READERS} readers, each in a conversation of his own; ${EVENTS} events of ${PAYLOAD.length} bytes`)
  const people = await seedPeople(directory, READERS + SENDERS)
  const hermes = await Child.start(new URL('../support/hermes.ts', import.meta.url), directory, PATIENT)
  const stage = await openStage(directory, hermes.port, people)
  await sendAll(stage, WARM_UP_EVENTS, say)
  await readAll(stage)
  const before = await hermes.ask('memory')
  say(`before: ${describe(before)}`)
  for (const reader of stage.readers) reader.stall()
  const sending = await timed(() => sendAll(stage, EVENTS, say))
  const during = await hermes.ask('memory')
  say(`${EVENTS} events wait: ${describe(during)}`)
  const reading = await timed(() => readAll(stage))
  const after = await hermes.ask('memory')
  say(`all were read, in order, without hole or double: ${describe(after)}`)
  const result = {
    readers: READERS,
    events: EVENTS,
    rssBefore: inMebibytes(before.rss),
    rssStalled: inMebibytes(during.rss),
    rssAfter: inMebibytes(after.rss),
    growth: inMebibytes(during.rss - before.rss),
    storedPerSecond: Math.round(EVENTS / sending),
    caughtUpPerSecond: Math.round(EVENTS / reading),
  }
  process.stdout.write(json ? `${JSON.stringify(result)}\n` : `\ngrowth ${result.growth} MiB\n`)
  await hermes.stop()
  await rm(directory, { recursive: true, force: true })
}

async function openStage(directory: string, port: number, people: readonly Person[]): Promise<Stage> {
  const dialler = await Dialler.of(directory)
  const readers: Reader[] = []
  const senders: Sender[] = []
  for (const [index, sender] of people.slice(0, SENDERS).entries()) {
    const from = await dialler.openSynced(port, sender, 'ack=auto')
    const conversations: string[] = []
    for (let number = index; number < READERS; number += SENDERS) {
      const reader = people[SENDERS + number]
      if (!reader) throw new Error('there are too few people')
      const isAutomatic = number < READERS / 2
      const setup = await dialler.openSynced(port, reader, 'ack=auto')
      const conversation = await converse(dialler.rootPem, [sender, from], [reader, setup])
      setup.terminate()
      conversations.push(conversation)
      const to = await dialler.openSynced(port, reader, isAutomatic ? 'ack=auto' : '')
      readers.push(new Reader(to, conversation, !isAutomatic, JOINED_SEQ))
    }
    senders.push(new Sender(from, conversations, IN_FLIGHT))
  }
  return { readers, senders, last: JOINED_SEQ }
}

/** started, invited, accepted, joined. */
const JOINED_SEQ = 4

async function sendAll(stage: Stage, events: number, say: (text: string) => void): Promise<void> {
  const stored = () => stage.senders.reduce((sum, sender) => sum + sender.stored, 0)
  const before = stored()
  const timer = setInterval(() => say(`  ${stored() - before} of ${events} stored`), SAY_MS)
  await Promise.all(stage.senders.map((sender) => sender.send(events / SENDERS, PAYLOAD)))
  clearInterval(timer)
  stage.last += events / READERS
}

async function readAll({ readers, last }: Stage): Promise<void> {
  await Promise.all(readers.map((reader) => reader.readUpTo(last)))
}

/** Seconds. */
async function timed(work: () => Promise<void>): Promise<number> {
  const since = performance.now()
  await work()
  return (performance.now() - since) / 1000
}

function inMebibytes(bytes: number): number {
  return Math.round((bytes / MEBIBYTE) * 10) / 10
}

function describe({ rss, heapUsed, external }: Memory): string {
  return `${inMebibytes(rss)} MiB resident, ${inMebibytes(heapUsed)} in the heap, ${inMebibytes(external)} external`
}
