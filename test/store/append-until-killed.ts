import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const PROGRAM = fileURLToPath(new URL('./append-program.ts', import.meta.url))

/** Runs the program until it has acknowledged `lines` appends, kills it, and answers all that it acknowledged. */
export async function appendUntilKilled(args: readonly string[], lines: number): Promise<readonly string[]> {
  const child = spawn(process.execPath, ['--import=tsx', PROGRAM, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  const closed = once(child, 'close')
  const acknowledged: string[] = []
  for await (const line of createInterface(child.stdout)) {
    acknowledged.push(line)
    if (acknowledged.length === lines) child.kill('SIGKILL')
  }
  await closed
  return acknowledged
}
