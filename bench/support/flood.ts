import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { setPriority } from 'node:os'

/** What the process of a flood is told. */
export interface FloodSetup {
  readonly directory: string
  readonly hubPort: number
  readonly identityPort: number
}

/** Lowest but one: the flood takes the server's time, not that of whoever measures on the same cores. */
const PRIORITY = 10

/** A client in a process of its own that does as much as it can, when it is told. */
export class Flood {
  readonly #process: ChildProcess

  private constructor(process: ChildProcess) {
    this.#process = process
  }

  /** Starts a script that calls `serveFlood`. */
  static async start(script: URL, setup: FloodSetup): Promise<Flood> {
    const child = fork(script, [JSON.stringify(setup)], { execArgv: ['--import=tsx'] })
    if (child.pid !== undefined) setPriority(child.pid, PRIORITY)
    await once(child, 'message')
    return new Flood(child)
  }

  begin(): void {
    this.#process.send('begin')
  }

  /** Resolves when nothing is under way any more; answers what the flood says of itself. */
  async end(): Promise<string> {
    this.#process.send('end')
    const [said] = (await once(this.#process, 'message')) as [string]
    return said
  }

  async stop(): Promise<void> {
    const exit = once(this.#process, 'exit')
    this.#process.kill('SIGTERM')
    await exit
  }
}

/** The other side. `end` answers a sentence about what was done. */
export function serveFlood({ begin, end }: { readonly begin: () => void; readonly end: () => Promise<string> }): void {
  process.on('message', (message) => {
    if (message === 'begin') begin()
    else void end().then((said) => process.send?.(said))
  })
  process.send?.('ready')
}

export function floodSetup(): FloodSetup {
  return JSON.parse(process.argv[2] ?? '{}') as FloodSetup
}
