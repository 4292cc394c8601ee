import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import type { Identity } from './identity.js'

const START_MS = 60_000
const LOOK_MS = 20
const RETRY_MS = 250
/** What is kept of what a program says. */
const SAID_MAX = 65_536

export interface Command {
  readonly file: string
  readonly args: readonly string[]
  readonly directory: string
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** Null or absent: whoever starts it. */
  readonly identity?: Identity | null
}

/** Runs a program to its end. Throws Error with what it said when it fails. */
export function runProgram({ file, args, directory, identity }: Command): void {
  const { status, stderr } = spawnSync(file, args, { encoding: 'utf8', cwd: directory, ...identity })
  if (status !== 0) throw new Error(`${file} failed: ${stderr}`)
}

/**
 * A program that runs until it is ended, and may be started again; signals reach its children too where that is said.
 */
export class Program {
  readonly #command: Command
  /** What it says when it is ready. */
  readonly #ready: string
  #child: ChildProcess | null = null
  #gone: Promise<unknown> = Promise.resolve()
  #said = ''

  constructor(command: Command, ready: string) {
    this.#command = command
    this.#ready = ready
  }

  /** What it has said since it was started, or the end of that. */
  get said(): string {
    return this.#said
  }

  get pid(): number | undefined {
    return this.#child?.pid
  }

  get isRunning(): boolean {
    const child = this.#child
    return child?.pid !== undefined && child.exitCode === null && child.signalCode === null
  }

  /** Resolves when it is ready. `tries`: it may have to wait for the end of processes of before. */
  async start(tries = 1): Promise<void> {
    for (let left = tries; !(await this.#tryToStart()); left -= 1) {
      if (left <= 1) throw new Error(`${this.#command.file} did not start: ${this.#said}`)
      await pause(RETRY_MS)
    }
  }

  /** To it and to its children. */
  signal(signal: NodeJS.Signals): void {
    const { pid } = this
    if (pid === undefined || !this.isRunning) return
    for (const one of [pid, ...childrenOf(pid)]) send(one, signal)
  }

  /** Ends it by a signal, with its children where that gives it no time to do so; resolves when it is gone. */
  async end(signal: NodeJS.Signals): Promise<void> {
    if (signal === 'SIGKILL') this.signal(signal)
    else if (this.isRunning) this.#child?.kill(signal)
    await this.#gone
  }

  async #tryToStart(): Promise<boolean> {
    const { file, args, directory, environment = process.env, identity } = this.#command
    const child = spawn(file, args, {
      env: environment,
      cwd: directory,
      stdio: ['ignore', 'pipe', 'pipe'],
      ...identity,
    })
    this.#child = child
    this.#said = ''
    this.#gone = new Promise((resolve) => child.once('close', resolve))
    child.once('error', (error) => (this.#said += String(error)))
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (this.#said = `${this.#said}${chunk.toString()}`.slice(-SAID_MAX)))
    const deadline = performance.now() + START_MS
    while (!this.#said.includes(this.#ready)) {
      if (!this.isRunning || performance.now() > deadline) return false
      await pause(LOOK_MS)
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
