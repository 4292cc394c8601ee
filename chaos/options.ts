import { parseArgs } from 'node:util'

export interface Options {
  readonly minutes: number
  readonly seed: number
  readonly cluster: boolean
  /** Whether the history is kept when nothing is wrong. */
  readonly keep: boolean
}

export const USAGE = `Usage: npm run chaos -- [--minutes N] [--seed S] [--cluster] [--keep]

  --minutes N  how long things break; 2 by default
  --seed S     where all decisions come from; another each time by default
  --cluster    two hubs on PostgreSQL and NATS, which break too, instead of one on SQLite
  --keep       keeps the history also when nothing is wrong
`

const SEED_MAX = 0x7fff_ffff
const DEFAULT_MINUTES = 2

/** Throws Error with what is wrong. */
export function parseOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      minutes: { type: 'string' },
      seed: { type: 'string' },
      cluster: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
    },
  })
  const minutes = Number(values.minutes ?? DEFAULT_MINUTES)
  const seed = Number(values.seed ?? Math.floor(Math.random() * SEED_MAX))
  if (!(minutes > 0)) throw new Error('--minutes must be more than 0')
  if (!Number.isInteger(seed) || seed < 0 || seed > SEED_MAX) throw new Error(`--seed must be from 0 to ${SEED_MAX}`)
  return { minutes, seed, cluster: values.cluster, keep: values.keep }
}
