import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { missingProgram } from '../scripts/programs/engines.js'
import { check } from './check/check.js'
import { readHistory } from './history/directory.js'
import { now } from './now.js'
import { type Options, parseOptions, USAGE } from './options.js'
import { report } from './report.js'
import { run } from './run.js'

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

/** Answers the exit code: 1 when anything is wrong. */
async function chaos(options: Options): Promise<number> {
  const missing = options.cluster ? missingProgram() : null
  if (missing !== null) {
    say(`chaos: nothing was done: a cluster needs ${missing}, which is not installed`)
    return 0
  }
  const directory = await mkdtemp(join(tmpdir(), 'hermes-chaos-'))
  say(`chaos: ${options.minutes} minutes, seed ${options.seed}, in ${directory}`)
  const { history: path, pin } = await run(directory, options, say)
  say(`checking what was seen in ${(now() / 60_000).toFixed(1)} minutes`)
  const history = await readHistory(path, pin)
  const violations = await check(history)
  say(report(history, violations))
  if (violations.length > 0 || options.keep) say(`The history and the log of the servers are in ${directory}`)
  else await rm(directory, { recursive: true })
  return violations.length > 0 ? 1 : 0
}

async function main(): Promise<number> {
  let options: Options
  try {
    options = parseOptions(process.argv.slice(2))
  } catch (error) {
    process.stderr.write(`chaos: ${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`)
    return 2
  }
  try {
    return await chaos(options)
  } catch (error) {
    process.stderr.write(`chaos: ${error instanceof Error ? error.stack : String(error)}\n`)
    return 2
  }
}

process.exit(await main())
