import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Where Debian puts programs that not every PATH has. */
const ELSEWHERE = [
  '/usr/sbin',
  '/usr/lib/postgresql/17/bin',
  '/usr/lib/postgresql/16/bin',
  '/usr/lib/postgresql/15/bin',
]
const START_MS = 60_000

/** The path of a program, or null where it is not installed; HERMES_DEMO_PROGRAMS names the one folder to look in. */
export function findProgram(name: string): string | null {
  const only = process.env.HERMES_DEMO_PROGRAMS
  const folders = only === undefined ? [...(process.env.PATH ?? '').split(delimiter), ...ELSEWHERE] : [only]
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path)) ?? null
}

export function requireProgram(name: string, debianPackage: string): string {
  const path = findProgram(name)
  if (path === null) throw new Error(`${name} is not installed; on Debian: apt-get install ${debianPackage}`)
  return path
}

/** PostgreSQL runs for nobody who may do all: then another does it, who may do little. */
export function asOrdinaryUser(command: readonly string[]): readonly string[] {
  if (process.getuid?.() !== 0) return command
  const user = ['postgres', 'nobody'].find((name) => spawnSync('id', [name]).status === 0)
  if (user === undefined) throw new Error('PostgreSQL does not run as root, and there is no user postgres or nobody')
  return ['setpriv', `--reuid=${user}`, `--regid=${groupOf(user)}`, '--clear-groups', '--', ...command]
}

function groupOf(user: string): string {
  return spawnSync('id', ['-gn', user], { encoding: 'utf8' }).stdout.trim()
}

/** A program that runs until it is ended. */
export class Program {
  readonly child: ChildProcess
  readonly #ended: Promise<unknown>
  #said = ''

  constructor(
    [file = '', ...args]: readonly string[],
    environment: Readonly<Record<string, string | undefined>>,
    cwd: string,
  ) {
    this.child = spawn(file, args, { env: environment, cwd, stdio: ['ignore', 'pipe', 'pipe'] })
    for (const stream of [this.child.stdout, this.child.stderr])
      stream?.on('data', (chunk: Buffer) => {
        this.#said = `${this.#said}${chunk.toString()}`.slice(-65_536)
      })
    this.#ended = new Promise((resolve) => this.child.once('close', resolve))
    this.child.once('error', () => undefined)
  }

  get said(): string {
    return this.#said
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null && this.child.pid !== undefined
  }

  /** Waits until it says what tells that it is ready. */
  async untilItSays(words: string): Promise<void> {
    const deadline = performance.now() + START_MS
    while (!this.#said.includes(words)) {
      if (!this.isRunning || performance.now() > deadline)
        throw new Error(`${this.child.spawnfile} did not start: ${this.#said}`)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    if (this.isRunning) this.child.kill(signal)
    await this.#ended
  }
}
