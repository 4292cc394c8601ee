import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Pin } from '../src/client/certificates.js'
import { createIdentityClient } from '../src/client/identity-client.js'
import { HistoryDirectory } from './history/directory.js'
import { backboneFaults } from './nemesis/backbone-faults.js'
import { otherFaults, processFaults } from './nemesis/faults.js'
import { Nemesis } from './nemesis/nemesis.js'
import { now } from './now.js'
import type { Options } from './options.js'
import { Crowd } from './people/crowd.js'
import { settle } from './people/settle.js'
import { World } from './people/world.js'
import { Random } from './random.js'
import { type Backbone, startBackbone } from './servers/backbone.js'
import { type Hub, startHub, stopHub } from './servers/installation.js'

const PEOPLE = 10
const ACT_MS = 600
const PROCESS_FAULT_MS = 5000
const OTHER_FAULT_MS = 2500
const BACKBONE_FAULT_MS = 8000
const SAMPLE_MS = 1000
const CLUSTER = ['hub-1', 'hub-2'] as const
/** What NATS lost is looked for so often. */
const POLLS = { HERMES_POLL_SECONDS: '2' } as const
const PROGRESS_MS = 10_000

/** What a run leaves behind. */
export interface Ran {
  readonly pin: Pin
  /** The folder of its history. */
  readonly history: string
}

/** Lets a crowd use servers while they break, until everything is whole and everybody has what he has to have. */
export async function run(directory: string, options: Options, say: (line: string) => void): Promise<Ran> {
  const history = join(directory, 'history')
  await mkdir(history)
  const files = new HistoryDirectory(history)
  const servers = await startServers(directory, options)
  const { hubs } = servers
  try {
    const pin = await pinOf(directory, hubs)
    const world = new World(
      hubs.map(({ node }) => node),
      pin,
      files,
    )
    await live(world, servers, options, say)
    return { pin, history }
  } finally {
    files.close()
    await Promise.all(hubs.map(stopHub))
    await servers.backbone?.stop()
  }
}

interface Servers {
  readonly hubs: readonly Hub[]
  /** Null on SQLite. */
  readonly backbone: Backbone | null
}

async function startServers(directory: string, { cluster }: Options): Promise<Servers> {
  if (!cluster) return { hubs: [await startHub('hub', directory)], backbone: null }
  const backbone = await startBackbone()
  const hubs: Hub[] = []
  try {
    // The first makes the certificates that all share.
    for (const name of CLUSTER) {
      const socket = { HERMES_ADMIN_SOCKET: join(directory, `${name}.sock`) }
      hubs.push(await startHub(name, directory, { ...backbone.environment, ...POLLS, ...socket }))
    }
    return { hubs, backbone }
  } catch (error) {
    await Promise.all(hubs.map(stopHub))
    await backbone.stop()
    throw error
  }
}

async function pinOf(directory: string, [hub]: readonly Hub[]): Promise<Pin> {
  if (!hub) throw new Error('there is no hub')
  const rootPem = await readFile(join(directory, 'certs', 'root-ca.pem'), 'utf8')
  return createIdentityClient({ url: hub.node.identityUrl, rootPem }).pin(hub.process.rootFingerprint)
}

async function live(
  world: World,
  { hubs, backbone }: Servers,
  options: Options,
  say: (line: string) => void,
): Promise<void> {
  const random = new Random(options.seed)
  const crowd = new Crowd(world, random.fork(), { people: PEOPLE, pauseMs: ACT_MS })
  const nemesis = new Nemesis(world.history.run)
  const timers = [
    setInterval(() => void sample(world, hubs), SAMPLE_MS),
    setInterval(() => say(progress(world, nemesis)), PROGRESS_MS),
  ]
  const story = async () => {
    await crowd.gather()
    say(`${world.people.length} users are there; now things break`)
    nemesis.begin(random.fork(), processFaults(hubs), PROCESS_FAULT_MS)
    nemesis.begin(random.fork(), otherFaults(hubs), OTHER_FAULT_MS)
    if (backbone) nemesis.begin(random.fork(), backboneFaults(backbone), BACKBONE_FAULT_MS)
    await pause(options.minutes * 60_000)
    await nemesis.end()
    say('nothing breaks any more; everybody settles')
    await crowd.rest()
    await settle(world)
  }
  try {
    await Promise.race([story(), crowd.failure, nemesis.failure])
  } finally {
    for (const timer of timers) clearInterval(timer)
  }
}

async function sample(world: World, hubs: readonly Hub[]): Promise<void> {
  for (const { process } of hubs) {
    const rss = await process.rss()
    if (rss !== null) world.history.run.write({ kind: 'memory', t: now(), server: process.name, rss })
  }
}

function progress(world: World, { counts }: Nemesis): string {
  const faults = Object.entries(counts).map(([name, count]) => `${count} ${name}`)
  const minutes = (now() / 60_000).toFixed(1)
  return `${minutes} min: ${world.present.length} users, ${world.connections} connections so far; ${faults.join(', ')}`
}
