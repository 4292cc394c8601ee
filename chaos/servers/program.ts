import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'

/** Where Debian and its like put what not every PATH has. */
const PATH = `${process.env.PATH ?? ''}:/usr/sbin:/usr/local/bin`
const START_MS = 60_000
const TRIES_MAX = 20
const RETRY_MS = 250

export interface ProgramOptions {
  readonly command: string
  readonly args: readonly string[]
  /** What it says on stderr when it is ready. */
  readonly ready: string
  /** Whose process it is: some refuse to be root's. */
  readonly uid?: number
  readonly gid?: number
}

/** Whether a program is installed. */
export function isInstalled(command: string): boolean {
  return spawnSync(command, ['--version'], { env: { PATH } }).error === undefined
}

/** Runs a program to its end. Throws Error with what it said when it fails. */
export function runProgram({ command, args, uid, gid }: Omit<ProgramOptions, 'ready'>): void {
  const identity = uid === undefined ? {} : { uid, gid }
  const { status, stderr } = spawnSync(command, args, { env: { PATH }, encoding: 'utf8', cwd: '/', ...identity })
  if (status !== 0) throw new Error(`${command}: ${stderr}`)
}

/** A server of others that can be broken, with all processes that belong to it. */
export class Program {
  readonly #options: ProgramOptions
  #child: ChildProcess | null = null

  constructor(options: ProgramOptions) {
    this.#options = options
  }

  /** Whatever it has to wait for, such as the end of processes of before. */
  async start(): Promise<void> {
    for (let tries = 1; !(await this.#tryToStart()); tries += 1) {
      if (tries === TRIES_MAX) throw new Error(`${this.#options.command} does not start`)
      await pause(RETRY_MS)
    }
  }

  async kill(): Promise<void> {
    await this.end('SIGKILL')
  }

  /** Ends it by a signal. */
  async end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    if (signal === 'SIGKILL') this.signal(signal)
    else child.kill(signal)
    await gone
  }

  /** To it and to its children. */
  signal(signal: NodeJS.Signals): void {
    const pid = this.#child?.pid
    if (pid === undefined) return
    for (const one of [pid, ...childrenOf(pid)]) send(one, signal)
  }

  async #tryToStart(): Promise<boolean> {
    const { command, args, ready, uid, gid } = this.#options
    const identity = uid === undefined || gid === undefined ? {} : { uid, gid }
    const child = spawn(command, args, { env: { PATH }, cwd: '/', stdio: ['ignore', 'ignore', 'pipe'], ...identity })
    this.#child = child
    let said = ''
    child.stderr.on('data', (chunk: Buffer) => {
      if (!said.includes(ready)) said += chunk.toString()
    })
    const gone = once(child, 'exit')
    const deadline = performance.now() + START_MS
    while (!said.includes(ready)) {
      if (child.exitCode !== null || child.signalCode !== null || performance.now() > deadline) return false
      await Promise.race([once(child.stderr, 'data'), gone])
    }
    return true
  }
}

function childrenOf(pid: number): readonly number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
  } catch {
    return [] // It is gone.
  }
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
