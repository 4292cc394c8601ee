import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

const MAIN = new URL('main.ts', import.meta.url).pathname

/** One run beside another, each line of which says whose it is; resolves to its exit code. */
async function run(name: string, ...options: readonly string[]): Promise<number> {
  const args = ['--import=tsx', MAIN, ...process.argv.slice(2), ...options]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })
  lines.on('line', (line) => process.stdout.write(`${name}: ${line}\n`))
  const [code] = await once(child, 'close')
  return code ?? 1
}

// The one waits for what the other breaks no more than for other work on the machine.
const codes = await Promise.all([run('SQLite'), run('cluster', '--cluster')])
process.exitCode = Math.max(...codes)
