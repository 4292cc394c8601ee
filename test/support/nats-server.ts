import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import type { Test } from 'tap'
import { freePort } from '../../scripts/free-port.js'

/** Where Debian puts it, which not every PATH has. */
const PATH = `${process.env.PATH ?? ''}:/usr/sbin:/usr/local/bin`
const START_MS = 20_000

/** Why a test that needs a NATS of its own is skipped; false where nats-server is installed. */
export const noNatsServer: string | false = spawnSync('nats-server', ['--version'], { env: { PATH } }).error
  ? 'nats-server is not installed (Debian: nats-server)'
  : false

export interface NatsServer {
  readonly port: number
  readonly url: string
  /** Ends it without a word. */
  kill(): Promise<void>
  /** Starts it again on the same port. */
  start(): Promise<void>
  /** Stops it where it is, and lets it go on. */
  pause(): void
  resume(): void
}

/** A nats-server of the test's own on a free port, ended with it. */
export async function natsServer(t: Test, ...options: readonly string[]): Promise<NatsServer> {
  const port = await freePort()
  let child: ChildProcess | null = null
  const kill = async () => {
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  const start = async () => {
    const args = ['--addr', '127.0.0.1', '--port', String(port), ...options]
    child = spawn('nats-server', args, { env: { PATH }, stdio: ['ignore', 'ignore', 'pipe'] })
    await readiness(child)
  }
  t.teardown(kill)
  await start()
  return {
    port,
    url: `nats://127.0.0.1:${port}`,
    kill,
    start,
    pause: () => void child?.kill('SIGSTOP'),
    resume: () => void child?.kill('SIGCONT'),
  }
}

async function readiness(child: ChildProcess): Promise<void> {
  let said = ''
  const deadline = AbortSignal.timeout(START_MS)
  while (!said.includes('Server is ready')) {
    if (child.exitCode !== null || !child.stderr) throw new Error(`nats-server did not start: ${said}`)
    const [chunk] = await Promise.race([once(child.stderr, 'data', { signal: deadline }), once(child, 'exit')])
    said += String(chunk)
  }
  child.stderr?.resume()
}
