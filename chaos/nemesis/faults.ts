import { setTimeout as pause } from 'node:timers/promises'
import { AHEAD_MS } from '../people/world.js'
import type { Random } from '../random.js'
import type { Hub } from '../servers/installation.js'
import { cut, freeze, stall, type TcpProxy } from '../servers/proxy.js'
import type { Faults } from './nemesis.js'

const DOWN_MS = 1000
const STOPPED_MS = 2500
const STALLED_MS = 5000
const AHEAD_FOR_MS = 6000
/** A jump that is not small. */
const SMALL_MS = 20_000

/** What can happen to the processes of hubs, one at a time. */
export function processFaults(hubs: readonly Hub[]): Faults {
  const isOneOfSeveral = hubs.length > 1
  const process = (random: Random) => pick(random, hubs).process
  return {
    kill: {
      weight: 4,
      delaysNews: false,
      breaking: async (random) => {
        const victim = process(random)
        await victim.end('SIGKILL')
        await pause(random.pause(DOWN_MS))
        await victim.start()
        return victim.name
      },
    },
    stop: {
      weight: 4,
      delaysNews: isOneOfSeveral,
      breaking: async (random) => {
        const victim = process(random)
        victim.signal('SIGSTOP')
        await pause(random.pause(STOPPED_MS))
        victim.signal('SIGCONT')
        return victim.name
      },
    },
    restart: {
      weight: 1,
      delaysNews: false,
      breaking: async (random) => {
        const victim = process(random)
        await victim.end('SIGTERM')
        await victim.start()
        return victim.name
      },
    },
  }
}

/** What can happen to clocks and to the network. */
export function otherFaults(hubs: readonly Hub[]): Faults {
  const proxies = hubs.flatMap(({ hubProxy, identityProxy }) => [hubProxy, hubProxy, hubProxy, identityProxy])
  const proxy = (random: Random) => pick(random, proxies)
  return {
    clock: {
      weight: 2,
      delaysNews: false,
      breaking: async (random) => {
        const { process } = pick(random, hubs)
        const most = random.chance(0.5) ? SMALL_MS : AHEAD_MS
        process.setClock(random.int(-most, most))
        await pause(random.pause(AHEAD_FOR_MS))
        process.setClock(0)
        return process.name
      },
    },
    cut: {
      weight: 4,
      delaysNews: false,
      breaking: async (random) => {
        for (const pair of some(random, proxy(random))) cut(pair)
        return 'connections'
      },
    },
    stall: {
      weight: 4,
      delaysNews: false,
      breaking: (random) => forAWhile(random, some(random, proxy(random)).map(stall)),
    },
    freeze: {
      weight: 2,
      delaysNews: false,
      breaking: (random) => forAWhile(random, some(random, proxy(random)).map(freeze)),
    },
  }
}

const SHARES = [0.1, 0.3, 1] as const

/** A few connections, or all of them. */
function some(random: Random, { pairs }: TcpProxy) {
  return random.some(pairs, pick(random, SHARES))
}

export async function forAWhile(random: Random, undo: readonly (() => void)[]): Promise<string> {
  await pause(random.pause(STALLED_MS))
  for (const one of undo) one()
  return 'connections'
}

function pick<T>(random: Random, items: readonly T[]): T {
  const item = random.pick(items)
  if (item === null) throw new Error('there is nothing to break')
  return item
}
