import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { v7 } from 'uuid'
import type { Append } from '../../src/store/event-log.js'
import type { StoreMeter } from '../../src/store/meter.js'
import type { Store } from '../../src/store/store.js'
import { newUser } from '../../test/store/fixtures.js'
import { compiled } from '../support/compiled.js'
import { backendCpu, makeDatabase } from './database.js'

const CONVERSATIONS = 50
const IN_FLIGHT = 16
const ROUNDS = 5
const ROUND_MS = 3000
const BODY = JSON.stringify({
  type: 'message',
  from: { username: 'alice', device: 'laptop' },
  payload: 'x'.repeat(256),
})

interface Round {
  readonly messages: number
  readonly transactions: number
  /** Microseconds for each message, of all processes. */
  readonly cpu: number
  /** Of this one. */
  readonly nodeCpu: number
  readonly perSecond: number
}

class Transactions implements StoreMeter {
  count = 0
  committed(): void {
    this.count += 1
  }
  appended(): void {}
  changed(): void {}
}

/** CPU for each message that is stored and synced: both stores, in turns. */
export async function commits(server: string, say: (text: string) => void) {
  const { openSqliteStore } = await compiled<typeof import('../../src/store/sqlite/open.js')>('store/sqlite/open.js')
  const { openPostgresStore } =
    await compiled<typeof import('../../src/store/postgres/open.js')>('store/postgres/open.js')
  const directory = await mkdtemp(join(tmpdir(), 'hermes-bench-'))
  const database = await makeDatabase(server)
  const meters = { sqlite: new Transactions(), postgresql: new Transactions() }
  const sqlite = await openSqliteStore({ url: `file:${join(directory, 'hermes.db')}`, meter: meters.sqlite })
  const postgresql = await openPostgresStore({ url: database.url, meter: meters.postgresql })
  const lanes = { sqlite: await lanesOf(sqlite), postgresql: await lanesOf(postgresql) }
  const none = async () => 0
  const ofBackends = () => backendCpu(database.url)
  say(`${CONVERSATIONS} conversations, ${IN_FLIGHT} messages in flight each\n`)
  await measure(sqlite, lanes.sqlite, meters.sqlite, none)
  await measure(postgresql, lanes.postgresql, meters.postgresql, ofBackends)
  const rounds: { sqlite: Round; postgresql: Round }[] = []
  for (let index = 0; index < ROUNDS; index += 1) {
    rounds.push({
      sqlite: await measure(sqlite, lanes.sqlite, meters.sqlite, none),
      postgresql: await measure(postgresql, lanes.postgresql, meters.postgresql, ofBackends),
    })
    say(`round ${index + 1} of ${ROUNDS}\n`)
  }
  await Promise.all([sqlite.close(), postgresql.close()])
  await database.drop()
  await rm(directory, { recursive: true, force: true })
  const ratio = median(rounds.map((round) => round.postgresql.cpu / round.sqlite.cpu))
  return {
    sqlite: summary(rounds.map((round) => round.sqlite)),
    postgresql: summary(rounds.map((round) => round.postgresql)),
    ratio: Math.round(ratio * 100) / 100,
  }
}

interface Lane {
  readonly id: number
  readonly senderId: number
  lastSeq: number
}

function lanesOf(store: Store): Promise<readonly Lane[]> {
  return Promise.all(Array.from({ length: CONVERSATIONS }, () => laneOf(store)))
}

async function laneOf(store: Store): Promise<Lane> {
  const user = newUser()
  await store.identities.register(user)
  const senderId = (await store.identities.findIdentity(user.username))?.user.id ?? 0
  const conversation = { uuid: randomUUID(), createdBy: senderId, createdAt: Date.now() }
  const started = { ...message({ id: 0, senderId, lastSeq: 0 }), conversation }
  const id = await new Promise<number>((resolve) =>
    store.log.append(started, (_, appended) => resolve(appended?.conversationId ?? 0)),
  )
  return { id, senderId, lastSeq: 1 }
}

function message({ id, senderId, lastSeq }: Lane): Append {
  const event = { seq: lastSeq + 1, at: Date.now(), type: 'message', senderId, messageId: v7(), body: BODY }
  const nothing = { stays: [], invitations: [], request: null }
  return { conversation: id, expectedSeq: lastSeq, epoch: 0, closed: false, events: [event], ...nothing }
}

async function measure(
  store: Store,
  lanes: readonly Lane[],
  meter: Transactions,
  others: () => Promise<number>,
): Promise<Round> {
  const [transactions, backends, before] = [meter.count, await others(), process.cpuUsage()]
  const since = performance.now()
  const counts = await Promise.all(
    lanes.flatMap((lane) => Array.from({ length: IN_FLIGHT }, () => keepSending(store, lane, since))),
  )
  const seconds = (performance.now() - since) / 1000
  const { user, system } = process.cpuUsage(before)
  const messages = counts.reduce((sum, count) => sum + count, 0)
  const nodeCpu = (user + system) / messages
  const cpu = nodeCpu + ((await others()) - backends) / messages
  return { messages, transactions: meter.count - transactions, cpu, nodeCpu, perSecond: messages / seconds }
}

/** One message after the other; answers how many were stored. */
function keepSending(store: Store, lane: Lane, since: number): Promise<number> {
  return new Promise((resolve, reject) => {
    let stored = 0
    const next = () => {
      const append = message(lane)
      lane.lastSeq += 1
      store.log.append(append, (failure) => {
        if (failure !== null) return reject(new Error(failure.reason))
        stored += 1
        if (performance.now() - since < ROUND_MS) next()
        else resolve(stored)
      })
    }
    next()
  })
}

function summary(rounds: readonly Round[]) {
  const of = (value: (round: Round) => number, digits: number) =>
    Math.round(median(rounds.map(value)) * 10 ** digits) / 10 ** digits
  return {
    cpu: of(({ cpu }) => cpu, 1),
    nodeCpu: of(({ nodeCpu }) => nodeCpu, 1),
    perTransaction: of(({ messages, transactions }) => messages / transactions, 0),
    perSecond: of(({ perSecond }) => perSecond, 0),
  }
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
