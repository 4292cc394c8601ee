import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
const CLOCK = new URL('clock-preload.js', import.meta.url).href
const START_MS = 120_000
const RETRY_MS = 500
const PAGE_BYTES = 4096

/** `hermes serve` that can be broken. Its ports stay the same when it starts again. */
export class HermesProcess {
  readonly name: string
  readonly #directory: string
  readonly #environment: Record<string, string>
  #child: ChildProcess | null = null
  #ended: Promise<unknown> = Promise.resolve()
  identityPort = 0
  hubPort = 0
  rootFingerprint = ''

  constructor(name: string, directory: string, environment: Readonly<Record<string, string>>) {
    this.name = name
    this.#directory = directory
    this.#environment = { ...environment }
  }

  /** Starts it, as often as it ends because its database is away, until it says that it is ready. */
  async start(): Promise<void> {
    const deadline = performance.now() + START_MS
    while (!(await this.#tryToStart())) {
      if (performance.now() > deadline) throw new Error(`${this.name} does not start; ${this.name}.log says why`)
      await pause(RETRY_MS)
    }
  }

  async #tryToStart(): Promise<boolean> {
    const inherited = Object.entries(process.env).filter(
      ([name]) => !name.startsWith('HERMES_') && name !== 'NODE_OPTIONS',
    )
    const child = spawn(process.execPath, [`--import=${CLOCK}`, MAIN, 'serve'], {
      cwd: this.#directory,
      env: { ...Object.fromEntries(inherited), ...this.#environment },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    this.#child = child
    this.#ended = new Promise((resolve) => child.once('exit', resolve))
    // What is sent to a process that was killed a moment ago fails here.
    child.on('error', () => {})
    child.stderr?.pipe(createWriteStream(join(this.#directory, `${this.name}.log`), { flags: 'a' }))
    const said = await this.#untilReady(child)
    if (said === null) return false
    const found = (pattern: RegExp) => pattern.exec(said)?.[1] ?? ''
    this.identityPort = Number(new URL(found(/Identity +(https:\S+)/)).port)
    this.hubPort = Number(new URL(found(/Hub +(https:\S+)/)).port)
    this.rootFingerprint = found(/(sha256:[0-9a-f]{64})/)
    this.#environment.HERMES_IDENTITY_PORT = String(this.identityPort)
    this.#environment.HERMES_HUB_PORT = String(this.hubPort)
    return true
  }

  /** Whether it was not killed, or has not ended. */
  get isRunning(): boolean {
    return this.#child !== null && this.#child.exitCode === null && this.#child.signalCode === null
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal)
  }

  /** Ends it by a signal; resolves when it is gone. */
  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    this.signal(signal)
    await this.#ended
  }

  /** Sets its clock so many milliseconds ahead of the time, or back. */
  setClock(clockOffset: number): void {
    if (this.isRunning) this.#child?.send({ clockOffset })
  }

  /** Bytes that are resident; null when it is not running. */
  async rss(): Promise<number | null> {
    const statm = await readFile(`/proc/${this.#child?.pid}/statm`, 'utf8').catch(() => null)
    return statm === null || !this.isRunning ? null : Number(statm.split(' ')[1]) * PAGE_BYTES
  }

  /** What it said; null when it has ended. */
  async #untilReady({ stdout }: ChildProcess): Promise<string | null> {
    let said = ''
    stdout?.on('data', (chunk: Buffer) => (said += chunk.toString()))
    while (!said.includes('Stop with')) {
      if (!this.isRunning) return null
      await Promise.race([stdout ? once(stdout, 'data') : this.#ended, this.#ended])
    }
    return said
  }
}
