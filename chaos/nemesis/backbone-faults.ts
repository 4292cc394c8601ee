import { setTimeout as pause } from 'node:timers/promises'
import type { Random } from '../random.js'
import type { Backbone, Part } from '../servers/backbone.js'
import { cut, freeze } from '../servers/proxy.js'
import { forAWhile } from './faults.js'
import type { Faults } from './nemesis.js'

const DOWN_MS = 1500
const STOPPED_MS = 2000
/** Its processes of before may not be gone. */
const TRIES = 20

/** What can happen to PostgreSQL and NATS, and to the way there, one at a time. */
export function backboneFaults({ postgres, nats }: Backbone): Faults {
  return { ...faultsOf(postgres), ...faultsOf(nats) }
}

function faultsOf(part: Part): Faults {
  const { name, program, proxy } = part
  const fault = (breaking: (random: Random) => Promise<unknown>): Faults[string] => ({
    weight: 1,
    delaysNews: true,
    breaking: async (random) => {
      await breaking(random)
      return name
    },
  })
  return {
    [`${name}-kill`]: fault((random) => restart(part, random, 'SIGKILL')),
    [`${name}-restart`]: fault((random) => restart(part, random, 'SIGINT')),
    [`${name}-stop`]: fault(async (random) => {
      program.signal('SIGSTOP')
      await pause(random.pause(STOPPED_MS))
      program.signal('SIGCONT')
    }),
    [`${name}-cut`]: fault(async () => {
      for (const pair of proxy.pairs) cut(pair)
    }),
    [`${name}-freeze`]: fault((random) => forAWhile(random, proxy.pairs.map(freeze))),
  }
}

async function restart({ program }: Part, random: Random, signal: NodeJS.Signals): Promise<void> {
  await program.end(signal)
  await pause(random.pause(DOWN_MS))
  await program.start(TRIES)
}
